"""Settings files, and what `load` makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fraiseql_observe.config.load import load
from fraiseql_observe.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from fraiseql_observe.config.settings import Settings


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Settings]:
    """Read a text as the settings file."""

    def read(text: str, environ: Mapping[str, str] | None = None) -> Settings:
        path = tmp_path / "observe.yaml"
        path.write_text(text, encoding="utf-8")
        return load(path, environ or {})

    return read


@pytest.fixture
def refused(read, tmp_path: Path) -> Callable[..., list[str]]:
    """Read a text that is wrong, and return its problems without the folder's name."""

    def refused(text: str, environ: Mapping[str, str] | None = None) -> list[str]:
        with pytest.raises(ConfigError) as error:
            read(text, environ)
        return error.value.message.replace(f"{tmp_path}/", "").splitlines()

    return refused
