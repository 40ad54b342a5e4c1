"""The demo application three times: plain, with the instrument, and with FraiseQL's own metrics."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fraiseql_observe.demo.blog import create_app
from fraiseql_observe.demo.blog.asgi import DATABASE_URL, TOKEN_SECRET

if TYPE_CHECKING:
    from fastapi import FastAPI


def bare() -> FastAPI:
    return _blog(instrumented=False)


def instrumented() -> FastAPI:
    return _blog(instrumented=True)


def fraiseql_metrics() -> FastAPI:
    from fraiseql.monitoring.metrics import setup_metrics  # noqa: PLC0415  only this one needs it

    app = _blog(instrumented=False)
    setup_metrics(app)
    return app


def _blog(*, instrumented: bool) -> FastAPI:
    return create_app(os.environ[DATABASE_URL], token_secret=os.environ[TOKEN_SECRET], instrumented=instrumented)
