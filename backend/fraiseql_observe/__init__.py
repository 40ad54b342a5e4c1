"""Monitoring for FraiseQL that is true: signals, dashboards, alerts and an audit log, each with data."""

from fraiseql_observe._version import __version__

__all__ = ["__version__"]
