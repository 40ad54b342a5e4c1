"""The alert backend without its web face: intake, incidents, escalation, delivery.

`AlertManager` is its interface for programs; it and the nouns that it takes and gives can be imported from here.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fraiseql_observe.alerts.manager import AlertManager
    from fraiseql_observe.incident.message import Message
    from fraiseql_observe.incident.model import Actor, Alert, Incident, Severity, State
    from fraiseql_observe.incident.payload import new_alert
    from fraiseql_observe.store.incidents import Query

__all__ = ["Actor", "Alert", "AlertManager", "Incident", "Message", "Query", "Severity", "State", "new_alert"]

_HOMES = {
    "AlertManager": "fraiseql_observe.alerts.manager",
    "Message": "fraiseql_observe.incident.message",
    "Query": "fraiseql_observe.store.incidents",
    "new_alert": "fraiseql_observe.incident.payload",
}


def __getattr__(name: str) -> Any:  # what a program does not use, it need not load
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "fraiseql_observe.incident.model")), name)
