"""GET one address, bounded and timed, and hand back what was answered; never follows a redirect."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from fraiseql_observe.errors import ObserveError
from fraiseql_observe.verify import bounded
from fraiseql_observe.verify.prometheus import without_credentials

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from requests.auth import AuthBase


@dataclass(frozen=True, slots=True)
class Answer:
    """`before` and `after` are our clock's times around it, `date` the server's header."""

    status: int
    body: bytes
    date: str
    before: datetime
    after: datetime

    @property
    def document(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def get(
    url: str, clock: Callable[[], datetime], *, seconds: float, auth: AuthBase | None = None, advice: str = ""
) -> Answer:
    """Ask.

    Raises:
        ObserveError: nothing answers, not in time, or not in HTTP; `advice` is its hint.
    """
    shown = without_credentials(url)
    before = clock()
    try:
        with requests.Session() as session:
            session.trust_env = False  # no .netrc, no proxy: the services ask directly too
            session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
            session.hooks["response"].append(lambda answer, **_: bounded.read(answer, seconds=seconds))
            answer = session.get(url, auth=auth, timeout=seconds, allow_redirects=False, stream=True)
    except ValueError:
        raise ObserveError("The URL that was given is no address.", hint=advice) from None
    except requests.exceptions.SSLError:
        raise ObserveError(
            f"{shown} has a certificate that this machine does not trust.",
            hint="set REQUESTS_CA_BUNDLE to the file of the authority that signed it",
        ) from None
    except requests.exceptions.Timeout:
        raise ObserveError(f"{shown} did not answer within {seconds:g} s.", hint=advice) from None
    except requests.RequestException as error:
        raise ObserveError(f"{shown} does not answer ({type(error).__name__}).", hint=advice) from None
    return Answer(answer.status_code, answer.content, answer.headers.get("Date", ""), before, clock())
