"""What must fit between sections, and what is allowed but worth a word."""

from __future__ import annotations

import difflib
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fraiseql_observe.config.email import EmailDestination
from fraiseql_observe.config.schema import Problem
from fraiseql_observe.config.slack import SlackDestination

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from fraiseql_observe.config.document import Key
    from fraiseql_observe.config.server import AuthSettings
    from fraiseql_observe.config.settings import Settings

SHORTEST_TOKEN = 16

POSTGRES_PORT = 5432


def problems(settings: Settings) -> Iterator[Problem]:
    """All contradictions between sections, each with the key that is to be changed."""
    yield from _names(settings)
    yield from _intake(settings)
    yield from _tokens(settings.auth)
    if settings.slack.signing_secret and not _buttons(settings):
        yield Problem(
            ("slack", "signing_secret"),
            "is for buttons, which no destination has: they need a Slack destination with a bot `token`, "
            "for a message of an incoming webhook (`webhook_url`) cannot be edited",
        )


def notes(settings: Settings) -> Iterator[str]:
    """What will work, but less well than the user may expect."""
    if not settings.destinations:
        yield "destinations: there are none, so alerts are kept and shown but nobody is told"
    links = [
        name for name, one in settings.destinations.items() if isinstance(one, EmailDestination | SlackDestination)
    ]
    if links and not settings.server.public_url:
        yield f"server.public_url: is not set, so messages of {', '.join(links)} have no links to the console"
    if (dead := _buttons(settings)) and not settings.slack.signing_secret:
        yield f"slack.signing_secret: is not set, so the buttons of {', '.join(dead)} do nothing; or `buttons: false`"
    if settings.intake.allow_anonymous:
        yield "intake.allow_anonymous: whoever reaches this service may send alerts"
    if _same_database(settings.audit.chain_url.reveal(), settings.store.url.reveal()):
        yield "store.url: is the database of audit.chain_url; who rewrites a chain there can rewrite its last hash too"


def _same_database(one: str, other: str) -> bool:
    """Whether two URLs name one database, as far as they say."""
    first, second = urlsplit(one), urlsplit(other)
    place = (first.hostname, first.port or POSTGRES_PORT, first.path)
    return bool(one) and place == (second.hostname, second.port or POSTGRES_PORT, second.path)


def loopback(host: str) -> bool:
    """Whether only programs of this machine reach an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _names(settings: Settings) -> Iterator[Problem]:
    for name, policy in settings.policies.items():
        for place, step in enumerate(policy.steps):
            key: Key = ("policies", name, "steps", place)
            for at, destination in enumerate(step.destinations):
                yield from _known((*key, "destinations", at), destination, "destination", settings.destinations)
            yield from _known((*key, "hours"), step.hours, "hours", settings.hours)
    for place, route in enumerate(settings.routes):
        yield from _known(("routes", place, "policy"), route.policy, "policy", settings.policies)
        yield from _known(("routes", place, "hours"), route.hours, "hours", settings.hours)


def _known(key: Key, name: str, kind: str, names: Collection[str]) -> Iterator[Problem]:
    if not name or name in names:
        return
    near = difflib.get_close_matches(name, names, n=1)
    yield Problem(key, f"there is no {kind} {name!r}" + (f"; did you mean {near[0]}?" if near else ""))


def _intake(settings: Settings) -> Iterator[Problem]:
    intake = settings.intake
    protected = (
        intake.token
        or intake.username
        or any("intake:write" in one.scopes or "admin" in one.scopes for one in settings.auth.tokens.values())
    )
    if not (protected or intake.allow_anonymous or loopback(settings.server.host)):
        yield Problem(
            ("server", "host"),
            f"{settings.server.host} can be reached from elsewhere, and everybody there could send alerts: "
            "set intake.token_file, or intake.allow_anonymous: true if that is wanted",
        )


def _tokens(auth: AuthSettings) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name, one in auth.tokens.items():
        token = one.token.reveal()
        if len(token) < SHORTEST_TOKEN:
            yield Problem(("auth", "tokens", name, "token"), f"is shorter than {SHORTEST_TOKEN} characters")
        elif token in seen:
            yield Problem(("auth", "tokens", name, "token"), f"is the same as that of {seen[token]}")
        seen[token] = name


def _buttons(settings: Settings) -> list[str]:
    """The destinations whose messages have buttons."""
    slack = {name: one for name, one in settings.destinations.items() if isinstance(one, SlackDestination)}
    return [name for name, one in slack.items() if one.token and one.buttons]
