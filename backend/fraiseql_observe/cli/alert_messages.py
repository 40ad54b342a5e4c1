"""`alert preview` and `alert test`: what a message looks like, and whether a destination takes it."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from fraiseql_observe.cli.options import json_option, settings_file
from fraiseql_observe.errors import DeliveryError, NotFoundError, ObserveError

if TYPE_CHECKING:
    from pathlib import Path

    from fraiseql_observe.config.destinations import DestinationSettings
    from fraiseql_observe.config.settings import Settings
    from fraiseql_observe.incident.message import Message
    from fraiseql_observe.notify.tools import Tools

KINDS = ("slack", "email", "pagerduty", "opsgenie", "webhook")
EXAMPLES = ("critical", "warning", "info", "group")  # of `notify.examples`
STATES = ("firing", "acknowledged", "resolved")
OVER_HTTP = frozenset({"slack", "pagerduty", "opsgenie", "webhook"})  # their sending can be recorded
CLOSED_AGAIN = frozenset({"pagerduty", "opsgenie"})  # a trial there must not keep somebody awake

example_option = click.option(
    "--example", default="critical", show_default=True, type=click.Choice(EXAMPLES), help="Which example."
)
state_option = click.option(
    "--state", default="firing", show_default=True, type=click.Choice(STATES), help="How its incident stands."
)


@click.command()
@click.argument("destination", required=False)
@click.option("--kind", type=click.Choice(KINDS), help="A destination of that kind with default settings.")
@state_option
@example_option
@settings_file()
@json_option
def preview(
    *, destination: str | None, kind: str | None, state: str, example: str, path: Path | None, as_json: bool
) -> None:
    """Show the message that DESTINATION would be sent. Nothing is sent.

    Your templates are used; what is wrong with them goes to stderr. Slack: paste the JSON's blocks into
    https://app.slack.com/block-kit-builder to see them.
    """
    if bool(destination) == bool(kind):
        raise click.UsageError("Name a DESTINATION of the settings, or a --kind.")
    settings = _settings(path)
    chosen = _configured(settings, destination) if destination else _default(kind or "")
    for problem in _templates(settings).check():
        click.echo(f"template: {problem}", err=True)
    shown = asyncio.run(_shown(settings, destination or chosen.kind, chosen, _message(settings, example, state)))
    click.echo(json.dumps(shown, indent=2, ensure_ascii=False) if as_json else _readable(shown))


@click.command()
@click.argument("destination")
@state_option
@example_option
@settings_file()
@json_option
def test(*, destination: str, state: str, example: str, path: Path | None, as_json: bool) -> None:
    """Send an example message to DESTINATION, now and directly, and say what became of it.

    The running backend is not asked. PagerDuty and Opsgenie are told at once that the example is over.
    """
    settings = _settings(path)
    chosen = _configured(settings, destination)
    message = _message(settings, example, state)
    outcome = asyncio.run(_tried(settings, destination, chosen, message))
    click.echo(json.dumps(outcome, indent=2, ensure_ascii=False) if as_json else _sentence(outcome))
    if outcome["outcome"] != "sent":
        click.get_current_context().exit(1)


async def _shown(settings: Settings, name: str, chosen: DestinationSettings, message: Message) -> dict[str, Any]:
    from fraiseql_observe.notify import registry  # noqa: PLC0415
    from fraiseql_observe.notify.recording import Recorder  # noqa: PLC0415

    recorder = Recorder(clock=lambda: message.now)
    destination = registry.create({name: chosen}, _tools(settings, recorder))[name]
    own = getattr(destination, "preview", None)
    if own is not None:
        return dict(own(message))
    if chosen.kind not in OVER_HTTP:
        raise ObserveError(f"A {chosen.kind} destination has no preview.", hint="alert test sends an example")
    await destination.send(message)
    return recorder.shown(chosen)


async def _tried(settings: Settings, name: str, chosen: DestinationSettings, message: Message) -> dict[str, Any]:
    from fraiseql_observe.notify import registry  # noqa: PLC0415
    from fraiseql_observe.notify.http import Http  # noqa: PLC0415

    http = Http(clock=lambda: datetime.now(UTC))
    destination = registry.create({name: chosen}, _tools(settings, http))[name]
    began = time.perf_counter()
    outcome: dict[str, Any] = {"destination": name, "kind": chosen.kind, "outcome": "sent"}
    try:
        sent = await destination.send(message)
        outcome |= {"status": sent.status, "detail": sent.detail, "reference": dict(sent.ref)}
        if chosen.kind in CLOSED_AGAIN:
            await destination.send(_over(message, sent.ref))
            outcome["detail"] = "and told at once that it is over"
    except DeliveryError as error:
        outcome |= _failed(error)
    finally:
        await destination.close()
        await http.close()
    return {**outcome, "seconds": round(time.perf_counter() - began, 3)}


def _failed(error: DeliveryError) -> dict[str, Any]:
    return {
        "outcome": "ambiguous" if error.ambiguous else "failed",
        "reason": error.reason.value,
        "status": error.status,
        "retryable": error.retryable,
        "detail": error.message,
        "hint": error.hint,
    }


def _over(message: Message, ref: Any) -> Message:
    from fraiseql_observe.incident.model import Action, State  # noqa: PLC0415

    over = replace(message.incident, state=State.RESOLVED, resolved_at=message.now, firing=0)
    return replace(message, action=Action.RESOLVE, incident=over, receipt=ref, delivery_id=f"{message.delivery_id}-2")


def _message(settings: Settings, example: str, state: str) -> Message:
    from fraiseql_observe.incident.model import State  # noqa: PLC0415
    from fraiseql_observe.notify import examples  # noqa: PLC0415

    base = settings.server.public_url or "https://observe.example.com"
    made = examples.example(example, State(state), datetime.now(UTC), base=base)
    unique = secrets.token_hex(4)
    incident = replace(made.incident, id=f"inc_example_{unique}")
    return replace(made, incident=incident, delivery_id=f"dlv_example_{unique}")


def _tools(settings: Settings, http: Any) -> Tools:
    from fraiseql_observe.notify.tools import Tools  # noqa: PLC0415

    return Tools(http, _templates(settings), lambda: datetime.now(UTC), console_url=settings.server.public_url)


def _templates(settings: Settings) -> Any:
    from pathlib import Path  # noqa: PLC0415

    from fraiseql_observe.notify.templates import Templates  # noqa: PLC0415

    return Templates(Path(settings.templates.folder) if settings.templates.folder else None)


def _settings(path: Path | None) -> Settings:
    from fraiseql_observe.cli.backend import read_settings  # noqa: PLC0415

    return read_settings(path)


def _configured(settings: Settings, name: str) -> DestinationSettings:
    if name not in settings.destinations:
        known = ", ".join(settings.destinations)
        hint = f"the destinations are: {known}" if known else "there is none yet: add one under `destinations`"
        raise NotFoundError(f"There is no destination {name!r} in the settings.", hint=hint)
    return settings.destinations[name]


def _default(kind: str) -> DestinationSettings:
    """Settings of that kind in which everything that must be given is an example."""
    from fraiseql_observe.notify.recording import example_settings  # noqa: PLC0415

    return example_settings(kind)


def _readable(shown: dict[str, Any]) -> str:
    """Texts as they are, the rest as JSON."""
    parts = []
    for name, value in shown.items():
        text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
        parts.append(f"{click.style(name, bold=True)}\n{text}\n")
    return "\n".join(parts).rstrip()


def _sentence(outcome: dict[str, Any]) -> str:
    took = f"{outcome['seconds']:.2f} s"
    if outcome["outcome"] == "sent":
        more = f", {outcome['detail']}" if outcome.get("detail") else ""
        return f"{outcome['destination']} took it in {took} (status {outcome['status']}){more}."
    hint = f"\n  try: {outcome['hint']}" if outcome.get("hint") else ""
    again = "It may succeed later." if outcome["retryable"] else "It will not succeed until something is changed."
    return f"{outcome['destination']} did not take it: {outcome['detail']} {again}{hint}"
