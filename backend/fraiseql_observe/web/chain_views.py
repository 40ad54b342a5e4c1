"""How the state of hash chains and their breaks are shown: over HTTP and with `--json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fraiseql_observe.web.rest.views import moment

if TYPE_CHECKING:
    from fraiseql_observe.store.audit_chain import Kept, State


def state(one: State) -> dict[str, Any]:
    found = asdict(one)
    return {**found, **{name: moment(found[name]) for name in ("verified_at", "sealed_until", "checked_at")}}


def kept(one: Kept) -> dict[str, Any]:
    found = asdict(one)
    times = {name: moment(found[name]) for name in ("at", "found_at", "accepted_at")}
    return {"id": found.pop("id"), "row": found.pop("row_id"), **found, **times}
