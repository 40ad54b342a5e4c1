"""Ask Prometheus, and whatever answers like it: in bounded time, and for a bounded answer."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp
import msgspec

from fraiseql_observe.errors import EnrichmentError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fraiseql_observe.config.enrichment import PrometheusSettings

T = TypeVar("T")
MOST_SERIES = 5000
MOST_RULES = 5000
DECODED_IN_THE_LOOP = 128 * 1024  # bytes; more would hold it up
CONNECTIONS = 8
CONNECT_SECONDS = 3


class TooLargeError(EnrichmentError):
    """The answer has more bytes than are read."""


@dataclass(frozen=True, slots=True)
class Series:
    """Labels, and points as (seconds since the epoch, value), oldest first, all of them finite."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class AlertingRule:
    """A rule as Prometheus evaluates it; `duration` and `keep_firing_for` in seconds."""

    name: str
    group: str
    query: str
    duration: float
    keep_firing_for: float
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    state: str  # inactive, pending, firing
    health: str  # ok, err, unknown
    last_error: str


class _Result(msgspec.Struct):
    metric: dict[str, str] = {}
    values: list[tuple[float, str]] = []
    value: tuple[float, str] | None = None


class _Data(msgspec.Struct):
    result: list[_Result] = []


class _Answer(msgspec.Struct):
    data: _Data


class _Rule(msgspec.Struct):
    name: str = ""
    query: str = ""
    duration: float = 0
    keep_firing_for: float = msgspec.field(default=0, name="keepFiringFor")
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    state: str = ""
    health: str = ""
    last_error: str = msgspec.field(default="", name="lastError")


class _Group(msgspec.Struct):
    name: str = ""
    rules: list[_Rule] = []


class _Groups(msgspec.Struct):
    groups: list[_Group] = []


class _RulesAnswer(msgspec.Struct):
    data: _Groups


class Prometheus:
    """One server.

    Args:
        settings: where it is, and how to log in.
        largest: bytes of an answer that are read; a larger one is refused.
        seconds: longest time for one question.
    """

    def __init__(self, settings: PrometheusSettings, *, largest: int, seconds: float) -> None:
        self._url = settings.url.rstrip("/")
        self._headers = _headers(settings)
        self._largest = largest
        self._seconds = seconds
        self._session: aiohttp.ClientSession | None = None

    async def range(self, expression: str, start: float, end: float, step: float) -> list[Series]:
        """The expression's series between two times (seconds since the epoch), a point every `step` seconds.

        Raises:
            TooLargeError: there are more series or points than are read.
            EnrichmentError: no answer, or not one that can be used.
        """
        asked = {"query": expression, "start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:.3f}"}
        return await self._series("query_range", asked)

    async def now(self, expression: str, at: float) -> list[Series]:
        """The expression's series with one point each.

        Raises:
            EnrichmentError: as `range`.
        """
        return await self._series("query", {"query": expression, "time": f"{at:.3f}"})

    async def rule(self, alertname: str, labels: Mapping[str, str]) -> str:
        """The expression of the alerting rule of that name whose labels are among those; empty when there is none.

        Raises:
            EnrichmentError: as `range`.
        """
        for rule in await self.rules(alertname):
            if rule.name == alertname and all(_same(labels, each) for each in rule.labels.items()):
                return rule.query
        return ""

    async def rules(self, alertname: str = "") -> list[AlertingRule]:
        """All alerting rules, or those of that name; at most 5000.

        Raises:
            EnrichmentError: as `range`.
        """
        named = {"rule_name[]": alertname} if alertname else {}
        body = await self._ask("GET", "rules", {"type": "alert", **named})
        groups = _decoded(body, _RulesAnswer).data.groups
        return [_rule(group.name, rule) for group in groups for rule in group.rules][:MOST_RULES]

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    async def _series(self, endpoint: str, asked: Mapping[str, str]) -> list[Series]:
        body = await self._ask(
            "POST", endpoint, {**asked, "timeout": f"{self._seconds:.1f}", "limit": str(MOST_SERIES)}
        )
        if len(body) < DECODED_IN_THE_LOOP:
            return _parsed(body)
        return await asyncio.to_thread(_parsed, body)

    async def _ask(self, method: str, endpoint: str, asked: Mapping[str, str]) -> bytes:
        form: dict[str, Any] = {"data": asked} if method == "POST" else {"params": asked}
        try:
            async with self._open().request(
                method, f"{self._url}/api/v1/{endpoint}", allow_redirects=False, **form
            ) as response:
                body = await self._read(response)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise EnrichmentError(f"Prometheus does not answer: {type(error).__name__}.") from None
        if response.status != 200:  # noqa: PLR2004
            raise EnrichmentError(f"Prometheus answers with the status {response.status}.")
        return body

    def _open(self) -> aiohttp.ClientSession:
        """The session, made in the loop that uses it."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=self._headers,
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                timeout=aiohttp.ClientTimeout(total=self._seconds, connect=CONNECT_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        pieces: list[bytes] = []
        left = self._largest
        async for piece in response.content.iter_any():
            left -= len(piece)
            if left < 0:
                raise TooLargeError(f"Prometheus answers with more than {self._largest} bytes.")
            pieces.append(piece)
        return b"".join(pieces)


def _headers(settings: PrometheusSettings) -> dict[str, str]:
    headers = dict(settings.headers)
    if settings.token:
        headers["Authorization"] = f"Bearer {settings.token.reveal()}"
    elif settings.username:
        headers["Authorization"] = aiohttp.encode_basic_auth(settings.username, settings.password.reveal(), "utf-8")
    return headers


def _rule(group: str, rule: _Rule) -> AlertingRule:
    return AlertingRule(group=group, **msgspec.structs.asdict(rule))


def _same(labels: Mapping[str, str], label: tuple[str, str]) -> bool:
    """A label with a template in it can be anything."""
    return "{{" in label[1] or labels.get(label[0]) == label[1]


def _parsed(body: bytes) -> list[Series]:
    found = _decoded(body, _Answer).data.result[:MOST_SERIES]
    series = [Series(each.metric, _points(each.values or ([each.value] if each.value else []))) for each in found]
    return [each for each in series if each.points]


def _points(values: list[tuple[float, str]]) -> tuple[tuple[float, float], ...]:
    points = ((at, _number(text)) for at, text in values)
    return tuple((at, value) for at, value in points if math.isfinite(value))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise EnrichmentError("Prometheus answers with something that is not its JSON.") from None
