"""Secrets that stand in files of their own."""

from __future__ import annotations

import logging
import stat
from pathlib import Path

from fraiseql_observe.config.declare import Secret

log = logging.getLogger(__name__)
LARGEST = 65_536


def read(name: str, beside: Path) -> Secret:
    """The secret in a file, without the line ends it closes with; a relative name is beside the settings.

    Raises:
        ValueError: with the end of a sentence.
    """
    path = beside / Path(name).expanduser()
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise ValueError(f"names {path}, which is no file")
        content = path.read_bytes()[: LARGEST + 1]
    except OSError as error:
        raise ValueError(f"names {path}, which cannot be read: {error.strerror}") from None
    if found.st_mode & stat.S_IRWXO:
        log.warning("%s holds a secret and every user of this machine may read it: chmod o= %s", path, path)
    return Secret(_text(path, content))


def _text(path: Path, content: bytes) -> str:
    if len(content) > LARGEST:
        raise ValueError(f"names {path}, which is larger than {LARGEST} bytes")
    try:
        text = content.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError(f"names {path}, which is not UTF-8") from None
    if not text:
        raise ValueError(f"names {path}, which is empty")
    if "\0" in text:
        raise ValueError(f"names {path}, which holds a zero byte")
    return text
