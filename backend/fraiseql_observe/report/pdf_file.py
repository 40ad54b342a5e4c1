"""Print the page through a Chromium on this machine: without a script, a network or a profile of anybody's."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from fraiseql_observe.errors import ObserveError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SECONDS = 90.0
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-extensions",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
)


def browser() -> str:
    """The Chromium on PATH.

    Raises:
        ObserveError: there is none.
    """
    for name in NAMES:
        if found := shutil.which(name):
            return found
    raise ObserveError(
        "There is no Chromium on PATH to print the PDF with.",
        hint="install chromium, or open the page (--output FILE) in a browser and print it: it is laid out for A4",
    )


def print_page(page: str, target: Path, *, program: str | None = None, seconds: float = SECONDS) -> None:
    """Write the page to `target` as PDF.

    Raises:
        ObserveError: there is no Chromium, it failed or took too long, or the file cannot be written.
    """
    program = program or browser()
    with tempfile.TemporaryDirectory(prefix="fraiseql-observe-") as folder:
        source, made = Path(folder) / "report.html", Path(folder) / "report.pdf"
        source.write_text(page, encoding="utf-8")
        # As root Chromium starts only without its sandbox; the page holds no script and reaches nothing.
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        flags = [*_FLAGS, *sandbox, f"--user-data-dir={folder}/profile", f"--print-to-pdf={made}"]
        _run([program, *flags, source.as_uri()], folder, seconds)
        if not made.exists() or not made.stat().st_size:
            raise ObserveError("Chromium printed nothing.", hint="open the page (--output FILE) and print it")
        try:
            shutil.copyfile(made, target)
        except OSError as error:
            raise ObserveError(
                f"The PDF cannot be written to {target}: {error.strerror}.", hint="name another file"
            ) from None


def _run(command: list[str], home: str, seconds: float) -> None:
    # A home of its own: it leaves nothing behind, and starts where the user has none, as in many containers.
    environ = {**os.environ, "HOME": home, "XDG_CONFIG_HOME": f"{home}/config", "XDG_CACHE_HOME": f"{home}/cache"}
    try:
        subprocess.run(command, check=True, env=environ, capture_output=True, input=b"", timeout=seconds)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise ObserveError(
            f"Chromium did not print the page within {seconds:g} s.", hint="open the page (--output FILE) and print it"
        ) from None
    except (OSError, subprocess.CalledProcessError) as error:
        raise ObserveError(
            f"Chromium could not print the page ({type(error).__name__}).",
            hint="open the page (--output FILE) in a browser and print it",
        ) from None
