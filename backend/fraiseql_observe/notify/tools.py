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
    """Shared by all destinations of one backend."""

    http: Http
    templates: Templates
    clock: Callable[[], datetime]
    console_url: str = ""
