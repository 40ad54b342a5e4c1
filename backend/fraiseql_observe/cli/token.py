"""`fraiseql-observe token`: who may use the REST interface and the console, and send alerts."""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from fraiseql_observe.cli.options import json_option, settings_file
from fraiseql_observe.config.server import SCOPE, SCOPES
from fraiseql_observe.config.values import duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import timedelta
    from pathlib import Path

    from fraiseql_observe.store.engine import Engine
    from fraiseql_observe.store.tokens import Token


class Age(click.ParamType["timedelta"]):
    """A duration such as 90d or 12h."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        try:
            return duration(value)
        except ValueError as error:
            self.fail(f"{value!r} {error}", param, ctx)


class Scoped(click.ParamType["str"]):
    """A scope, or the one of a single audit question."""

    name = "scope"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(SCOPE, value):
            self.fail(f"{value!r} is not one of {', '.join(SCOPES)} or audit:read:NAME", param, ctx)
        return str(value)


@click.group()
def command() -> None:
    """Make, list and revoke access tokens; works beside a running service."""


@command.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=Scoped(),
    metavar="SCOPE",
    help=f"What it may do; may be repeated: {', '.join(SCOPES)}, or audit:read:NAME for one question. "
    "Default: alerts:read; audit:read with --tenant.",
)
@click.option(
    "--tenant",
    "tenants",
    multiple=True,
    metavar="TENANT",
    help="Whose audit rows it may see; may be repeated. Default: every tenant's.",
)
@click.option("--expires", "age", type=Age(), metavar="DURATION", help="When it ends, such as 90d. Default: never.")
@settings_file()
@json_option
def create(
    *,
    name: str,
    scopes: tuple[str, ...],
    tenants: tuple[str, ...],
    age: timedelta | None,
    path: Path | None,
    as_json: bool,
) -> None:
    """Make a token for NAME and write it to stdout: nobody can show it again."""
    from fraiseql_observe.web import token_admin  # noqa: PLC0415  only this command pays for it

    chosen = scopes or (("audit:read",) if tenants else ("alerts:read",))
    by = f"cli ({getpass.getuser()})"
    now = datetime.now(UTC)
    made, secret = _on_store(path, lambda engine: token_admin.create(engine, name, chosen, by, now, age, tenants))
    if as_json:
        click.echo(json.dumps({**token_admin.view(made), "token": secret}, indent=2))
        return
    whose = f" of {', '.join(made.tenants)}" if made.tenants else ""
    click.echo(f"{made.id}: {made.name} may {', '.join(made.scopes)}{whose}. Keep it, it is shown only now:", err=True)
    click.echo(secret)


@command.command("list")
@settings_file()
@json_option
def list_(*, path: Path | None, as_json: bool) -> None:
    """List the tokens; those of the configuration are not among them."""
    from fraiseql_observe.web import token_admin  # noqa: PLC0415

    found: list[Token] = _on_store(path, token_admin.every)
    if as_json:
        click.echo(json.dumps([token_admin.view(one) for one in found], indent=2))
        return
    for line in _table([("ID", "NAME", "SCOPES", "TENANTS", "EXPIRES", "LAST USED"), *(_row(one) for one in found)]):
        click.echo(line)


@command.command()
@click.argument("token_id", metavar="ID")
@settings_file()
def revoke(*, token_id: str, path: Path | None) -> None:
    """Take a token away; a running service stops to believe it within ten seconds."""
    from fraiseql_observe.web import token_admin  # noqa: PLC0415

    _on_store(path, lambda engine: token_admin.revoke(engine, token_id))
    click.echo(f"{token_id} is revoked.", err=True)


def _on_store(path: Path | None, work: Callable[[Engine], Any]) -> Any:
    from fraiseql_observe.config.load import load  # noqa: PLC0415
    from fraiseql_observe.store.opening import open_store  # noqa: PLC0415

    url = load(path, os.environ).store.url.reveal()

    async def run() -> Any:
        engine = await open_store(url, clock=lambda: datetime.now(UTC), exclusive=False)
        try:
            return await work(engine)
        finally:
            await engine.close()

    return asyncio.run(run())


def _row(token: Token) -> tuple[str, ...]:
    return (
        token.id,
        token.name,
        ",".join(token.scopes),
        ",".join(token.tenants) or "all",
        _day(token.expires_at),
        _day(token.last_used_at),
    )


def _day(moment: datetime | None) -> str:
    return "-" if moment is None else moment.strftime("%Y-%m-%d %H:%M")


def _table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    rows = list(rows)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
