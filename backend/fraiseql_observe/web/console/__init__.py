"""The console: web pages for the person on call, drawn by the server, usable without JavaScript."""

from fraiseql_observe.web.console.gate import missing
from fraiseql_observe.web.console.mount import add_routes

__all__ = ["add_routes", "missing"]
