"""Email: one thread of messages an incident, in HTML and plain text with a picture of the metric."""

from fraiseql_observe.notify.email.destination import Email

__all__ = ["Email"]
