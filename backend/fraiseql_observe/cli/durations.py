"""A length of time on the command line, written as in the settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click


class Duration(click.ParamType):  # type: ignore[type-arg]  # generic in some releases only
    """`10s`, `90d`, `1h30m`, 0: a `timedelta`."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        from fraiseql_observe.config.values import duration  # noqa: PLC0415  only who gives one pays for it

        try:
            return duration(0 if value == "0" else value)
        except ValueError as error:
            self.fail(f"{value!r} {error}", param, ctx)


DURATION = Duration()
