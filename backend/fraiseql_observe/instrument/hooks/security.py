"""Security events: those that FraiseQL logs, and each validation of a token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fraiseql_observe.instrument import families
from fraiseql_observe.instrument.hooks import patch
from fraiseql_observe.instrument.record import current

if TYPE_CHECKING:
    from fraiseql_observe.instrument.runtime import Instrument

HOOK, AUTH = "security", "auth"
_RESULTS = {"success": "success", "denied": "denied", "blocked": "denied"}
_MAX_EVENTS = 100
_NO_EVENTS: set[str] = set()

_active: list[Instrument] = []


def install(instrument: Instrument) -> bool:
    """Wrap the class: asking for FraiseQL's logger would create its log file."""
    _active[:] = [instrument]
    return patch.wrap("fraiseql.audit.SecurityLogger", "log_event", ("self", "event"), _log_event)


def _log_event(original: Any) -> Any:
    def log_event(self: Any, event: Any) -> Any:
        record = current()
        instrument = record.instrument if record is not None else (_active[0] if _active else None)
        if instrument is not None:
            try:
                _count(instrument, getattr(event.event_type, "value", str(event.event_type)), event.result)
            except Exception:  # noqa: BLE001
                instrument.fault(HOOK)
        return original(self, event)

    return log_event


def _count(instrument: Instrument, event_type: str, result: str | None) -> None:
    """Event types are FraiseQL's enumeration, bounded all the same."""
    label = _RESULTS.get((result or "").lower(), "failure")
    instrument.metrics.inc(families.SECURITY_EVENTS, instrument.codes.admit(event_type), label)
    record = current()
    if record is not None and len(record.security_events) < _MAX_EVENTS:
        record.security_events.add(event_type)


def observe_provider(instrument: Instrument) -> bool:
    """Wrap the application's auth provider, once; FraiseQL swallows whatever it raises."""
    dependencies = patch.resolve("fraiseql.fastapi.dependencies")
    get = getattr(dependencies, "get_auth_provider", None)
    if get is None:
        return False
    provider = get()
    if provider is None or getattr(provider, "_fraiseql_observe", None) is not None:
        return True
    if not hasattr(provider, "get_user_from_token"):
        return False
    provider.get_user_from_token = _validated(provider.get_user_from_token, instrument)
    provider._fraiseql_observe = True  # noqa: SLF001
    return True


def _validated(original: Any, instrument: Instrument) -> Any:
    async def get_user_from_token(*args: Any, **kwargs: Any) -> Any:
        record = current()
        before = _auth_events()
        try:
            user = await original(*args, **kwargs)
        except Exception as error:
            if _auth_events() == before:  # a provider that logs its own events has spoken already
                _count(instrument, _kind_of(error), "failure")
            raise
        if record is not None:
            record.user = user
        if _auth_events() == before:
            _count(instrument, "auth.success", "success")
        return user

    return get_user_from_token


def _auth_events() -> set[str]:
    record = current()
    if record is None or not record.security_events:
        return _NO_EVENTS
    return {event for event in record.security_events if event.startswith("auth.")}


def _kind_of(error: BaseException) -> str:
    name = type(error).__name__.lower()
    if "expired" in name:
        return "auth.token_expired"
    return "auth.token_invalid" if "invalid" in name else "auth.failure"
