"""A running backend as the commands see it: its REST interface, with errors that are sentences."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from fraiseql_observe.cli.options import settings_file
from fraiseql_observe.errors import AuthError, ConflictError, NotFoundError, ObserveError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fraiseql_observe.config.settings import Settings

BASE = "/api/observability"
TIMEOUT = 30.0  # seconds
ERRORS: dict[int, type[ObserveError]] = {
    401: AuthError,
    403: AuthError,
    404: NotFoundError,
    409: ConflictError,
    503: StoreError,
}


class Backend:
    """One backend.

    Args:
        url: where it listens, without a slash at the end.
        token: sent as bearer token; empty sends none.
    """

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._token = token

    def get(self, path: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Ask; `path` is what follows /api/observability.

        Raises:
            ObserveError: it does not answer, or refuses: the sentence is its own.
        """
        return self._ask("GET", path, params=parameters)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Change something; raises as `get`."""
        return self._ask("POST", path, json=dict(body or {}))

    def _ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        import requests  # noqa: PLC0415  only commands that ask pay for it

        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        address = f"{self.url}{BASE}{path}"
        try:
            response = requests.request(
                method, address, headers=headers, timeout=TIMEOUT, allow_redirects=False, **request
            )
        except ValueError:
            raise ObserveError(
                f"{_shown(self.url)!r} is no address of a backend.", hint="write it as http://127.0.0.1:9095"
            ) from None
        except requests.RequestException as error:
            raise ObserveError(
                f"The backend at {_shown(self.url)} does not answer ({type(error).__name__}).",
                hint="start it with `fraiseql-observe serve`, or name it: --url URL",
            ) from None
        said = _object(response.content)
        if said is None:
            raise ObserveError(
                f"What answers at {_shown(self.url)} is no fraiseql-observe backend (HTTP {response.status_code}).",
                hint="name the backend: --url URL",
            )
        if not response.ok:
            raise _refused(response.status_code, said)
        return said


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def part(identifier: str) -> str:
    """An id as one part of a path, whatever somebody typed."""
    return quote(identifier, safe="")


def backend_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say which backend: `url`, `token`, `path` of the settings."""
    for option in (
        settings_file("Settings of a backend on this machine: its address and a token are taken from them."),
        click.option(
            "--token",
            envvar="FRAISEQL_OBSERVE_TOKEN",
            show_envvar=True,
            metavar="TOKEN",
            help="Token with the scope alerts:read or alerts:write; @FILE reads it from a file.",
        ),
        click.option(
            "--url",
            envvar="FRAISEQL_OBSERVE_URL",
            show_envvar=True,
            metavar="URL",
            help="Address of the backend. Default: that of the settings, else http://127.0.0.1:9095.",
        ),
    ):
        function = option(function)
    return function


def connect(url: str | None, token: str | None, path: Path | None) -> Backend:
    """The backend that the options name; what they leave out, the settings say.

    Raises:
        ObserveError: a file cannot be read, or the settings are wrong.
    """
    if url and token:
        return Backend(url, _secret(token))
    settings = read_settings(path)
    server = settings.server
    host = f"[{server.host}]" if ":" in server.host else server.host
    local = f"http://{'127.0.0.1' if server.host in {'', '0.0.0.0', '::'} else host}:{server.port}"  # noqa: S104
    return Backend(url or local, _secret(token) if token else _configured(settings, elsewhere=bool(url)))


def read_settings(path: Path | None) -> Settings:
    """The settings of this machine's backend.

    Raises:
        ConfigError: they are wrong.
    """
    from fraiseql_observe.config.load import load  # noqa: PLC0415

    return load(path, os.environ)


def _configured(settings: Settings, *, elsewhere: bool) -> str:
    """A token of the settings that may change alerts; none is ever sent to an address from elsewhere."""
    if elsewhere:
        return ""
    able = [each for each in settings.auth.tokens.values() if {"alerts:write", "admin"} & set(each.scopes)]
    return able[0].token.reveal() if able else ""


def _secret(text: str) -> str:
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError):
        raise ObserveError(
            f"The token in {text[1:]} cannot be read.", hint="name a readable file, as --token @FILE"
        ) from None


def _refused(status: int, said: Mapping[str, Any]) -> ObserveError:
    sentence = str(said.get("error") or f"The backend answered {status}.")
    more = [str(each) for each in said.get("errors") or () if str(each) != sentence]
    hint = "; ".join(more[:5])
    if status == 401:  # noqa: PLR2004  the backend speaks of headers, which nobody types here
        hint = "fraiseql-observe token create ME --scope alerts:write, then --token or FRAISEQL_OBSERVE_TOKEN"
    return ERRORS.get(status, ObserveError)(sentence, hint=hint)


def _shown(url: str) -> str:
    """A URL without what somebody may have written before the @."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
