"""What destinations are made with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from fraiseql_observe.notify.http import Http
    from fraiseql_observe.notify.templates import Templates


@dataclass(frozen=True, slots=True)
class Tools:
    """Shared by all destinations of one backend.

    `instance` names this installation: it is part of the keys given to providers, so that two installations that
    share an integration never close each other's incidents. It must not change while incidents are open.
    """

    http: Http
    templates: Templates
    clock: Callable[[], datetime]
    instance: str = "fraiseql-observe"
    console_url: str = ""
