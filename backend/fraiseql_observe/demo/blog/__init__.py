"""A small blog on FraiseQL: what the demo watches, and what tests instrument.

Needs Python 3.13 and FraiseQL 1.9.16; importing this package does not, calling `create_app` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI


def create_app(database_url: str, **options: Any) -> FastAPI:
    """Return the FraiseQL application; see `fraiseql_observe.demo.blog.application.create_app` for the options."""
    from fraiseql_observe.demo.blog import application  # noqa: PLC0415  FraiseQL is heavy and needs Python 3.13

    return application.create_app(database_url, **options)
