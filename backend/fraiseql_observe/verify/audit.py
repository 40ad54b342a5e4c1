"""Ask the audit proxy of an alert backend what Grafana's Infinity data source asks it, with the same headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import requests

from fraiseql_observe.errors import VerifyError
from fraiseql_observe.verify import bounded, infinity
from fraiseql_observe.verify.prometheus import Bearer, without_credentials

if TYPE_CHECKING:
    from fraiseql_observe.verify.infinity import Request
    from fraiseql_observe.verify.judge import Rows

CATALOGUE = "api/observability/audit/queries"
HEADERS = {"Accept": "application/json;q=0.9,text/plain", "Accept-Encoding": "gzip"}
ERROR_TEXT = 300  # a server's words are shown, but not a page of them
HINTS = {
    401: "give a token with the scope audit:read in --audit-token",
    403: "give a token that may see this, with the scope audit:read",
    404: "is the audit proxy of this backend switched on, and does it know the question?",
    429: "lower --concurrency",
    504: "the question takes too long: ask a shorter --range",
}


class Audit:
    """The audit proxy of one backend.

    Args:
        url: the backend's base URL, with a path prefix when it has one.
        token: sent as bearer token; empty sends none.
        timeout: seconds that one request may take.
    """

    def __init__(self, url: str, *, token: str = "", timeout: float = 10) -> None:
        parts = urlsplit(url)
        self.shown = without_credentials(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise VerifyError(f"`{self.shown}` is not the URL of an alert backend.", hint="write http://host:9095")
        self._base = url.rstrip("/") + "/"
        self._timeout = timeout
        self._auth = Bearer(token) if token else None

    def probe(self) -> None:
        """Make sure that an audit proxy answers and takes the token.

        Raises:
            VerifyError: none does; says what answered instead and what to do.
        """
        body = self._get(f"{self._base}{CATALOGUE}")
        if not isinstance(body, dict) or "queries" not in body:
            raise self._foreign()

    def rows(self, request: Request) -> Rows:
        """The answer to a request with everything filled in.

        Raises:
            VerifyError: the backend cannot be reached, refuses, or the answer does not fit the request.
        """
        return infinity.rows(request, self._get(address(self._base, request)))

    def _get(self, url: str) -> Any:
        try:
            # A session of its own: several threads ask at once.
            with requests.Session() as session:
                session.hooks["response"].append(self._read)
                response = session.get(
                    url, headers=HEADERS, auth=self._auth, timeout=self._timeout, allow_redirects=False, stream=True
                )
        except requests.exceptions.Timeout:
            raise self._error("did not answer in time", "raise --timeout, or ask a shorter --range") from None
        except bounded.AnswerTooLarge:
            raise self._error("answers with more than a panel can draw", "ask a shorter --range") from None
        except requests.exceptions.RequestException:
            raise self._error("does not answer", "start it, or mend --audit (FRAISEQL_OBSERVE_URL)") from None
        return self._checked(response)

    def _read(self, response: requests.Response, *_: object, **__: object) -> None:
        bounded.read(response, seconds=self._timeout)

    def _checked(self, response: requests.Response) -> Any:
        try:
            body = response.json()
        except (ValueError, RecursionError):
            body = None
        if response.status_code == requests.codes.ok and body is not None:
            return body
        said = str(body.get("error") or "")[:ERROR_TEXT] if isinstance(body, dict) else ""
        if not said:
            raise self._foreign()
        raise VerifyError(
            f"The audit proxy answers HTTP {response.status_code}: {said}", hint=HINTS.get(response.status_code, "")
        )

    def _foreign(self) -> VerifyError:
        return self._error("does not answer as an audit proxy does", "name the alert backend, and set its `audit.url`")

    def _error(self, what: str, hint: str) -> VerifyError:
        return VerifyError(f"The server at {self.shown} {what}.", hint=hint)


def address(base: str, request: Request) -> str:
    """The URL as the plugin builds it: by plain concatenation, its query sorted by name.

    Raises:
        VerifyError: the result leaves the base, which the plugin's `allowedHosts` refuses.
    """
    joined = request.address if request.address.startswith(base) else base + request.address
    parts, home = urlsplit(joined), urlsplit(base)
    if (parts.hostname, parts.port) != (home.hostname, home.port):
        raise VerifyError("The panel asks another host than its data source's.", hint="give it a relative address")
    query = urlencode(sorted([*parse_qsl(parts.query), *request.parameters], key=lambda pair: pair[0]))
    return urlunsplit(parts._replace(query=query, fragment=""))
