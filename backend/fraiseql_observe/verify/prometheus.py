"""Ask a Prometheus, or anything that speaks its HTTP API, with timeouts and few retries."""

from __future__ import annotations

import re
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import requests
from prometheus_api_client import PrometheusConnect
from requests.auth import AuthBase, HTTPBasicAuth
from urllib3.util.retry import Retry

from fraiseql_observe.errors import VerifyError
from fraiseql_observe.verify import bounded
from fraiseql_observe.verify.judge import AlertRule, Finding, judge_series
from fraiseql_observe.verify.options import Option
from fraiseql_observe.verify.timing import exact_interval

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from fraiseql_observe.verify.timing import Window

RETRIES = 2
RETRY_ON = (502,)  # a proxy in front that restarts; 503 may be a query that took too long, and must not run again
ERROR_TEXT = 300  # a server's words are shown, but not a page of them


class Bearer(AuthBase):
    """A bearer token; as an auth object, so that a .netrc cannot replace it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def auth_from(token: str = "", user: str = "", password: str = "") -> AuthBase | None:
    """The credentials to send: a bearer token, a user with a password, or none."""
    if token:
        return Bearer(token)
    return HTTPBasicAuth(user, password) if user else None


def without_credentials(url: str) -> str:
    """The URL, fit to be shown."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(no address)"
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


class Prometheus:
    """A Prometheus server.

    Args:
        url: its base URL, with a path prefix when it has one.
        auth: credentials, from `auth_from`.
        timeout: seconds that one request may take.
    """

    def __init__(self, url: str, *, auth: AuthBase | None = None, timeout: float = 10) -> None:
        self.shown = without_credentials(url)
        if not _is_address(url):
            raise VerifyError(f"`{self.shown}` is not the URL of a Prometheus.", hint="write http://host:9090")
        self._said = threading.local()
        self._seconds = timeout
        self._session = requests.Session()
        self._session.hooks["response"].append(self._check)
        retry = Retry(
            total=RETRIES,
            read=False,  # a query that took too long once takes too long again
            backoff_factor=0.2,
            status_forcelist=RETRY_ON,
            allowed_methods=None,
            raise_on_status=False,
            respect_retry_after_header=False,
        )
        self._server: Any = PrometheusConnect(
            url.rstrip("/"), auth=auth, session=self._session, retry=retry, timeout=timeout, method="POST"
        )
        self._timeout = {"timeout": exact_interval(round(timeout * 1000))}
        self.knows = lru_cache(maxsize=None)(self._knows)

    def probe(self) -> None:
        """Make sure that a Prometheus answers.

        Raises:
            VerifyError: none does; says what answered instead and what to do.
        """
        self._call(self._server.custom_query, "vector(1)")

    def close(self) -> None:
        self._session.close()

    def instant(self, expression: str, window: Window) -> Finding:
        """The expression at the end of the window."""
        return self._judged(self._server.custom_query, expression, {"time": window.end.timestamp(), **self._timeout})

    def range(self, expression: str, window: Window, step: int) -> Finding:
        """The expression over the window, a point every `step` milliseconds."""
        # Aligned to the step, as Grafana does, so that answers repeat from one run to the next.
        seconds = step / 1000
        start, end = (moment.timestamp() // seconds * seconds for moment in (window.start, window.end))
        ask = self._server.custom_query_range
        return self._judged(ask, expression, _Moment(start), _Moment(end), seconds, self._timeout)

    def _judged(self, ask: Callable[..., Any], *arguments: Any) -> Finding:
        finding: Finding = self._call(
            lambda: judge_series(
                ask(*arguments), getattr(self._said, "warnings", ())
            )  # an answer may lie about its shape
        )
        return finding

    def _knows(self, metric: str, window: Window) -> bool:
        selector = f'{{__name__="{metric}"}}'
        return bool(self._call(self._server.get_label_values, "__name__", _over(window, selector)))

    def alert_rules(self) -> tuple[AlertRule, ...]:
        """All alerting rules that are loaded."""
        url = f"{self._server.url}/api/v1/rules"
        timeout = self._server._timeout  # noqa: SLF001  the client has no call for rules
        ask = {"params": {"type": "alert"}, "auth": self._server.auth, "timeout": timeout}
        rules: tuple[AlertRule, ...] = self._call(
            lambda: tuple(_alert_rules(self._session.get(url, **ask).json()["data"]["groups"]))
        )
        return rules

    def options(self, query: str, window: Window) -> tuple[Option, ...]:
        """What a variable query gives: label_values, label_names, metrics, query_result or a plain selector.

        Raises:
            VerifyError: Prometheus refuses it.
        """
        query = query.strip()
        for pattern, answer in _VARIABLE_QUERIES:
            if match := pattern.match(query):
                return tuple(Option(text, text) for text in answer(self, match, window))
        found = self._call(self._server.get_series, window.start, window.end, {"match[]": query}) if query else []
        return tuple(Option(text, text) for text in (_series_text(each) for each in found))

    def label_values(self, label: str, selector: str, window: Window) -> list[str]:
        blank = selector.replace(" ", "") in ("", "{}")
        values: list[str] = self._call(self._server.get_label_values, label, _over(window, "" if blank else selector))
        return values

    def label_names(self, metric: str, window: Window) -> list[str]:
        selector = f'{{__name__=~".*{metric}.*"}}' if metric else ""
        names: list[str] = self._call(self._server.get_label_names, _over(window, selector))
        return names

    def metrics(self, pattern: str, window: Window) -> list[str]:
        try:
            wanted = re.compile(pattern)
        except re.error as error:
            raise VerifyError(f"metrics({pattern}) is not a regular expression: {error}.") from None
        return [name for name in self.label_values("__name__", "", window) if wanted.search(name)]

    def query_result(self, expression: str, window: Window) -> list[str]:
        parameters = {"time": window.end.timestamp(), **self._timeout}
        result = self._call(self._server.custom_query, expression, parameters)
        if result and not isinstance(result[0], dict):
            return [result[1]]
        return [f"{_series_text(each['metric'])} {each['value'][1]} {each['value'][0] * 1000:.0f}" for each in result]

    def _call(self, ask: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Ask, and turn every way in which this can fail into a sentence."""
        self._said.warnings = ()
        try:
            return ask(*arguments, **options)
        except requests.exceptions.SSLError:
            raise self._error(
                "has a certificate that this machine does not trust",
                "set REQUESTS_CA_BUNDLE to the file of the authority that signed it",
            ) from None
        except requests.exceptions.Timeout:
            raise self._error("did not answer in time", "raise --timeout, or ask a shorter --range") from None
        except bounded.AnswerTooLarge:
            raise self._error(
                f"answers with more than {bounded.MAX_BYTES // 1_000_000} MB",
                "narrow the query, or ask a shorter --range",
            ) from None
        except requests.exceptions.RequestException:
            raise self._error(
                "does not answer", "start it, or mend --prometheus (FRAISEQL_OBSERVE_PROMETHEUS_URL)"
            ) from None
        except (KeyError, TypeError, AttributeError, ValueError):
            raise self._foreign() from None

    def _check(self, response: requests.Response, *_: object, **__: object) -> None:
        """Look at each answer before the client does: it drops Prometheus' warnings and the reason of a refusal."""
        bounded.read(response, seconds=self._seconds)
        if response.is_redirect:
            return
        try:
            body = response.json()
        except (ValueError, RecursionError):
            body = None
        if response.status_code in (requests.codes.unauthorized, requests.codes.forbidden):
            raise self._error(
                f"refuses us: HTTP {response.status_code}", "set FRAISEQL_OBSERVE_PROMETHEUS_TOKEN, or a user"
            )
        if isinstance(body, dict) and body.get("status") == "error":
            reason = str(body.get("error"))[:ERROR_TEXT]
            raise VerifyError(f"Prometheus refuses the query: {reason}")
        if not response.ok:
            raise self._error(
                f"answers HTTP {response.status_code}", "is it a Prometheus, and is the path prefix right?"
            )
        if not (isinstance(body, dict) and body.get("status") == "success"):
            raise self._foreign()
        self._said.warnings = tuple(str(each)[:ERROR_TEXT] for each in body.get("warnings") or ())

    def _foreign(self) -> VerifyError:
        return self._error(
            "does not answer as a Prometheus does", "name the Prometheus itself, not a page in front of it"
        )

    def _error(self, what: str, hint: str) -> VerifyError:
        return VerifyError(f"The server at {self.shown} {what}.", hint=hint)


def _alert_rules(groups: Iterable[Mapping[str, Any]]) -> Iterator[AlertRule]:
    for group in groups:
        for rule in group["rules"]:
            if rule.get("type") == "alerting":
                yield AlertRule(rule["name"], rule.get("labels", {}), str(rule.get("lastError", ""))[:ERROR_TEXT])


class _Moment:
    """A time for a client that only calls `timestamp()` on it and rounds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def timestamp(self) -> float:
        return self._seconds


def _over(window: Window, selector: str) -> dict[str, Any]:
    bounds: dict[str, Any] = {"start": window.start.timestamp(), "end": window.end.timestamp()}
    return {**bounds, "match[]": selector} if selector else bounds


def _series_text(labels: dict[str, str]) -> str:
    inner = ",".join(f'{name}="{value}"' for name, value in labels.items() if name != "__name__")
    return f"{labels.get('__name__', '')}{{{inner}}}"


_VARIABLE_QUERIES: tuple[tuple[re.Pattern[str], Callable[[Prometheus, re.Match[str], Window], list[str]]], ...] = (
    (re.compile(r"^label_names\((.*)\)$"), lambda server, match, window: server.label_names(match[1], window)),
    (
        re.compile(r"^label_values\((?:(.+),\s*)?([a-zA-Z_][a-zA-Z0-9_]*)\)$", re.DOTALL),
        lambda server, match, window: server.label_values(match[2], match[1] or "", window),
    ),
    (re.compile(r"^metrics\((.+)\)$"), lambda server, match, window: server.metrics(match[1], window)),
    (
        re.compile(r"^query_result\((.+)\)$", re.DOTALL),
        lambda server, match, window: server.query_result(match[1], window),
    ),
)
