"""A database for a real FraiseQL application, and a FraiseQL that no other test has touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def unwrapped() -> Iterator[None]:
    """Put back whatever the instrument wrapped for this test."""
    from fraiseql_observe.instrument.hooks import patch  # noqa: PLC0415 - only where FraiseQL is installed

    yield
    patch.restore()


@pytest.fixture
def blog_url(database_url: str) -> str:
    """A database with the blog's tables and the audit schema."""
    from instrument_harness import prepare  # noqa: PLC0415 - only where FraiseQL is installed

    prepare(database_url)
    return database_url
