"""The blog for `uvicorn --factory fraiseql_observe.demo.blog.asgi:app`, configured by environment variables."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fraiseql_observe.demo.blog import create_app

if TYPE_CHECKING:
    from fastapi import FastAPI

DATABASE_URL = "BLOG_DATABASE_URL"
TOKEN_SECRET = "BLOG_TOKEN_SECRET"  # noqa: S105  the variable's name, not the secret
REDIS_URL = "BLOG_REDIS_URL"


def app() -> FastAPI:
    """Return the application of this process."""
    return create_app(
        os.environ[DATABASE_URL],
        token_secret=os.environ[TOKEN_SECRET],
        redis_url=os.environ.get(REDIS_URL),
    )
