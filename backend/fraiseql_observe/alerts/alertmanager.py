"""Alertmanager's API: what it lists now, asked within bounds."""

from __future__ import annotations

import asyncio
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp
import msgspec

from fraiseql_observe.errors import ReconcileError
from fraiseql_observe.incident import identity, payload
from fraiseql_observe.incident.model import Alert, AlertStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fraiseql_observe.config.alertmanager import AlertmanagerSettings

T = TypeVar("T")

_CHUNK = 1 << 16
_OK = 200


class _Status(msgspec.Struct):
    state: str  # active, suppressed, unprocessed


class Listed(msgspec.Struct):
    """An alert that has not ended, as Alertmanager lists it, without what it says: there may be very many."""

    fingerprint: str
    status: _Status

    @property
    def active(self) -> bool:
        """Whether it is neither silenced nor inhibited."""
        return self.status.state == "active"


class Member(Listed, rename="camel"):
    """The same, whole, in a group."""

    labels: dict[str, str]
    starts_at: str
    annotations: dict[str, str] = {}
    generator_url: str = msgspec.field(name="generatorURL", default="")

    def alert(self) -> Alert:
        """Return it as a webhook would have told it."""
        return Alert(
            fingerprint=self.fingerprint,
            starts_ns=payload.read_time(self.starts_at)[1],
            status=AlertStatus.FIRING,
            labels=self.labels,
            annotations=self.annotations,
            generator_url=self.generator_url,
        )


class Receiver(msgspec.Struct):
    name: str


class ListedGroup(msgspec.Struct):
    """A group of alerts: `labels` are those that it is grouped by."""

    labels: dict[str, str]
    receiver: Receiver
    alerts: list[Member]


class _About(msgspec.Struct):
    uptime: datetime  # since when it runs


class Alertmanager:
    """One peer.

    Args:
        url: its base URL.
        settings: credentials, receivers and bounds.
        session: what asks.
    """

    def __init__(self, url: str, settings: AlertmanagerSettings, session: aiohttp.ClientSession) -> None:
        self._url, self._settings, self._session = url.rstrip("/"), settings, session
        self._headers = {"Authorization": f"Bearer {settings.token.reveal()}"} if settings.token else {}
        if settings.username:
            self._headers = {"Authorization": aiohttp.encode_basic_auth(settings.username, settings.password.reveal())}

    async def started(self) -> datetime:
        """Return since when it runs."""
        return (await self._get("status", _About)).uptime

    async def alerts(self) -> list[Listed]:
        """Return all alerts of our receivers that have not ended, silenced and inhibited ones too."""
        return await self._get("alerts", list[Listed], receiver=pattern(self._settings.receivers))

    async def groups(self) -> list[ListedGroup]:
        """Return the same in groups."""
        return await self._get("alerts/groups", list[ListedGroup], receiver=pattern(self._settings.receivers))

    async def _get(self, path: str, shape: type[T], **query: str) -> T:
        """Ask.

        Raises:
            ReconcileError: it does not answer, not in time, not with what its API promises, or with too much.
        """
        try:
            async with asyncio.timeout(self._settings.timeout.total_seconds()):
                body = await self._read(path, query)
            return await asyncio.to_thread(msgspec.json.decode, body, type=shape)
        except TimeoutError as error:
            raise ReconcileError("Alertmanager does not answer in time.") from error
        except (aiohttp.ClientError, OSError) as error:
            raise ReconcileError(f"Alertmanager cannot be reached: {type(error).__name__}.") from error
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise ReconcileError(f"Alertmanager's /api/v2/{path} answered something else.") from error

    async def _read(self, path: str, query: dict[str, str]) -> bytes:
        url, body = f"{self._url}/api/v2/{path}", bytearray()
        asked: Any = {"params": query, "headers": self._headers, "allow_redirects": False}
        async with self._session.get(url, **asked) as response:
            if response.status != _OK:
                raise ReconcileError(f"Alertmanager's /api/v2/{path} answered {response.status}.")
            async for chunk in response.content.iter_chunked(_CHUNK):
                body += chunk
                if len(body) > self._settings.max_bytes:
                    raise ReconcileError(
                        f"Alertmanager's /api/v2/{path} answered more than {self._settings.max_bytes} bytes.",
                        hint="Raise alertmanager.max_bytes, or name fewer receivers.",
                    )
        return bytes(body)


def pattern(receivers: Sequence[str]) -> str:
    """Return the regular expression for which Alertmanager finds exactly these receivers."""
    return "|".join(identity.quote(name) for name in receivers)
