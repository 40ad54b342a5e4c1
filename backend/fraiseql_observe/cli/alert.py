"""`fraiseql-observe alert`: look at alerts and work on them from a terminal, through a running backend."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from fraiseql_observe.cli import alert_messages
from fraiseql_observe.cli.backend import backend_options, connect, part
from fraiseql_observe.cli.options import json_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fraiseql_observe.cli.backend import Backend

PAGE = 100
STATES = ("firing", "acknowledged", "resolved")
SEVERITIES = ("critical", "warning", "info")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Look at alerts and work on them, through a running backend; preview and try messages.

    An alert here is what people work on: one group of Alertmanager's, with its members and its timeline.
    """


command.add_command(alert_messages.preview)
command.add_command(alert_messages.test)

comment_option = click.option("--comment", "-c", default="", metavar="TEXT", help="What the timeline shall say.")


def _reached(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options of every command that asks the backend, and hand it over as `backend`."""

    @wraps(function)
    def reached(*, url: str | None, token: str | None, path: Path | None, **others: Any) -> None:
        function(backend=connect(url, token, path), **others)

    return json_option(backend_options(reached))


@command.command("list")
@click.option("--state", multiple=True, type=click.Choice(STATES), help="Only these. Default: firing, acknowledged.")
@click.option("--severity", multiple=True, type=click.Choice(SEVERITIES), help="Only these; may be repeated.")
@click.option("--match", multiple=True, metavar='NAME="VALUE"', help="Only with this label; may be repeated.")
@click.option("--text", default="", metavar="WORDS", help="Only with these words in title or labels.")
@click.option("--all", "everything", is_flag=True, help="In every state.")
@click.option("--limit", default=PAGE, show_default=True, type=click.IntRange(1, 10_000), help="How many at most.")
@_reached
def list_(*, backend: Backend, limit: int, everything: bool, as_json: bool, **filters: Any) -> None:
    """List alerts, the latest opened first."""
    if not filters["state"] and not everything:
        filters["state"] = ("firing", "acknowledged")
    asked = {name: value for name, value in filters.items() if value}
    found = list(_pages(backend, "/alerts", "alerts", asked, limit))
    _show(found, as_json=as_json, lines=lambda text, now: text.incidents(found, now))


@command.command()
@click.argument("alert_id", metavar="ID")
@_reached
def show(*, backend: Backend, alert_id: str, as_json: bool) -> None:
    """Show one alert: its members, its timeline, who was told and how that went."""
    found = backend.get(f"/alerts/{part(alert_id)}")
    _show(found, as_json=as_json, lines=lambda text, now: text.detail(found, now))


@command.command()
@click.argument("alert_ids", metavar="ID...", nargs=-1, required=True)
@comment_option
@_reached
def acknowledge(*, backend: Backend, alert_ids: tuple[str, ...], comment: str, as_json: bool) -> None:
    """Say that somebody cares: escalation stops."""
    _act(backend, "acknowledge", alert_ids, {"comment": comment}, as_json=as_json)


@command.command()
@click.argument("alert_ids", metavar="ID...", nargs=-1, required=True)
@comment_option
@_reached
def unacknowledge(*, backend: Backend, alert_ids: tuple[str, ...], comment: str, as_json: bool) -> None:
    """Take an acknowledgement back: escalation begins again."""
    _act(backend, "unacknowledge", alert_ids, {"comment": comment}, as_json=as_json)


@command.command()
@click.argument("alert_ids", metavar="ID...", nargs=-1, required=True)
@comment_option
@_reached
def resolve(*, backend: Backend, alert_ids: tuple[str, ...], comment: str, as_json: bool) -> None:
    """Say that it is over. A new alert of the group opens it again."""
    _act(backend, "resolve", alert_ids, {"comment": comment}, as_json=as_json)


@command.command()
@click.argument("alert_ids", metavar="ID...", nargs=-1, required=True)
@click.option("--for", "span", metavar="DURATION", help="For how long, such as 30m or 2h.")
@click.option("--until", metavar="TIME", help="Until when, such as 2026-11-24T09:00:00Z.")
@comment_option
@_reached
def snooze(
    *, backend: Backend, alert_ids: tuple[str, ...], span: str | None, until: str | None, comment: str, as_json: bool
) -> None:
    """Let escalation rest for a while."""
    if (span is None) == (until is None):
        raise click.UsageError("Say how long: --for 30m, or --until 2026-11-24T09:00:00Z.")
    asked = {"for": span} if span else {"until": until}
    _act(backend, "snooze", alert_ids, {**asked, "comment": comment}, as_json=as_json)


@command.command()
@click.argument("alert_id", metavar="ID")
@click.argument("text")
@_reached
def comment(*, backend: Backend, alert_id: str, text: str, as_json: bool) -> None:
    """Add TEXT to the timeline."""
    made = backend.post(f"/alerts/{part(alert_id)}/comments", {"comment": text})
    _say(made, f"{alert_id}: noted.", as_json=as_json)


@command.command()
@click.argument("name")
@click.option("--severity", default="warning", show_default=True, type=click.Choice(SEVERITIES), help="How bad it is.")
@click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help="Another label; may be repeated.")
@click.option("--summary", default="", metavar="TEXT", help="What people shall read.")
@click.option("--annotation", "annotations", multiple=True, metavar="NAME=VALUE", help="More for people; repeatable.")
@click.option("--to", "destinations", multiple=True, metavar="DESTINATION", help="Who is told, instead of the routes.")
@_reached
def create(  # noqa: PLR0913  one argument an option
    *,
    backend: Backend,
    name: str,
    severity: str,
    labels: tuple[str, ...],
    summary: str,
    annotations: tuple[str, ...],
    destinations: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make an alert called NAME, as if Alertmanager had told it; prints its id."""
    noted = {**({"summary": summary} if summary else {}), **_pairs("--annotation", annotations)}
    body = {"name": name, "severity": severity, "labels": _pairs("--label", labels), "annotations": noted}
    if destinations:
        body["destinations"] = list(destinations)
    made = backend.post("/alerts", body)
    click.echo(json.dumps(made, indent=2) if as_json else made["id"])


@command.command()
@click.option(
    "--limit", default=PAGE, show_default=True, type=click.IntRange(1, 10_000), help="How many of each at most."
)
@_reached
def dead(*, backend: Backend, limit: int, as_json: bool) -> None:
    """List the dead letters: messages that were given up, or of which nobody knows whether they arrived."""
    found = [
        each
        for state in ("dead", "ambiguous")
        for each in _pages(backend, "/deliveries", "deliveries", {"state": state}, limit)
    ]
    _show(found, as_json=as_json, lines=lambda text, now: text.deliveries(found, now))


@command.command()
@click.argument("delivery_ids", metavar="[DELIVERY]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every dead letter, 10,000 at most.")
@_reached
def replay(*, backend: Backend, delivery_ids: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Send dead letters again, by the ids that `dead` lists."""
    if bool(delivery_ids) == everything:
        raise click.UsageError("Name the deliveries, or say --all.")
    if everything:
        found = _pages(backend, "/deliveries", "deliveries", {"state": "dead"}, 10_000)
        delivery_ids = tuple(each["id"] for each in found)
    answers = [backend.post(f"/deliveries/{part(each)}/replay") for each in delivery_ids]
    if as_json:
        click.echo(json.dumps(answers, indent=2))
        return
    click.echo(f"{len(answers)} will be sent again.", err=True)


def _act(backend: Backend, verb: str, alert_ids: tuple[str, ...], body: dict[str, Any], *, as_json: bool) -> None:
    answers = [backend.post(f"/alerts/{part(each)}/{verb}", body) for each in alert_ids]
    if as_json:
        click.echo(json.dumps(answers if len(answers) > 1 else answers[0], indent=2, ensure_ascii=False))
        return
    for answer in answers:
        click.echo(_became(answer))


def _became(answer: dict[str, Any]) -> str:
    from fraiseql_observe.cli.alert_text import plain  # noqa: PLC0415

    alert = answer["alert"]
    by = plain(alert["resolved_by"] or alert["acknowledged_by"])
    already = "" if answer["changed"] else "already "
    snoozed = f", snoozed until {alert['snoozed_until']}" if alert["snoozed_until"] else ""
    return f"{alert['id']}: {already}{alert['state']}{f' by {by}' if by else ''}{snoozed}."


def _pages(backend: Backend, path: str, key: str, asked: dict[str, Any], limit: int) -> Iterator[dict[str, Any]]:
    """All pages, until `limit`."""
    cursor, left = "", limit
    while left > 0:
        page = backend.get(path, {**asked, "limit": min(left, PAGE), **({"cursor": cursor} if cursor else {})})
        yield from page[key][:left]
        left -= len(page[key])
        cursor = page["next"]
        if not cursor or not page[key]:
            return


def _pairs(option: str, texts: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise click.UsageError(f"`{option}` is not NAME=VALUE: {name}")
    return {name: value for name, _, value in pairs}


def _show(found: Any, *, as_json: bool, lines: Callable[[Any, datetime], Iterator[str]]) -> None:
    from fraiseql_observe.cli import alert_text  # noqa: PLC0415

    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for line in lines(alert_text, datetime.now(UTC)):
        click.echo(line)


def _say(made: Any, sentence: str, *, as_json: bool) -> None:
    click.echo(json.dumps(made, indent=2, ensure_ascii=False) if as_json else sentence, err=not as_json)
