"""What is wrong with settings and only the parts that use them know: matchers, hours, templates' folder."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fraiseql_observe.alerts.manager import utc_now
from fraiseql_observe.audit.catalogue import with_own
from fraiseql_observe.config import cross
from fraiseql_observe.config.schema import Problem
from fraiseql_observe.config.webhook import WebhookDestination
from fraiseql_observe.errors import CatalogueError, ConfigError
from fraiseql_observe.incident import hours, matchers
from fraiseql_observe.notify import registry
from fraiseql_observe.notify.http import Http
from fraiseql_observe.notify.templates import Templates
from fraiseql_observe.notify.tools import Tools
from fraiseql_observe.web.token_admin import unfit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fraiseql_observe.config.document import Key
    from fraiseql_observe.config.settings import Settings


def problems(settings: Settings) -> Iterator[Problem]:
    """Find all of them, each with its key; for `config.load.load`."""
    for name, one in settings.hours.items():
        yield from _tried(("hours", name), partial(hours.parse, one.open, one.timezone, one.closed))
    for place, route in enumerate(settings.routes):
        for at, text in enumerate(route.matchers):
            yield from _tried(("routes", place, "matchers", at), partial(matchers.parse, text))
    for name, policy in settings.policies.items():
        if not policy.steps:
            yield Problem(("policies", name, "steps"), "is empty; give it at least one step with destinations")
    for name, token in settings.auth.tokens.items():
        if wrong := unfit(token.scopes, token.tenants):
            yield Problem(("auth", "tokens", name, "tenants"), wrong)
    yield from _audit(settings)
    folder = settings.templates.folder
    if folder and not Path(folder).is_dir():
        yield Problem(("templates", "folder"), f"{folder} is no folder")
    else:
        templates = Templates(Path(folder) if folder else None)
        yield from _bodies(settings, templates)
        yield from _destinations(settings, templates)


def _destinations(settings: Settings, templates: Templates) -> Iterator[Problem]:
    """What only making a destination shows; nothing is sent, nothing connected."""
    tools = Tools(http=Http(clock=utc_now), templates=templates, clock=utc_now)
    for name, error in registry.problems(settings.destinations, tools).items():
        said = error.message.removeprefix(f"destinations.{name}").lstrip(".:").strip()
        yield Problem(("destinations", name), f"{said} {error.hint}".strip())


def _bodies(settings: Settings, templates: Templates) -> Iterator[Problem]:
    """Webhooks' own templates, for which nothing built in can stand in: each message would end as a dead letter."""
    for name, one in settings.destinations.items():
        if isinstance(one, WebhookDestination) and one.template and (problem := templates.problem(one.template)):
            yield Problem(("destinations", name, "template"), problem)


def notes(settings: Settings) -> Iterator[str]:
    """What will work, but less well than the user may expect: also templates that the built-in ones stand in for."""
    yield from cross.notes(settings)
    folder = settings.templates.folder
    yield from Templates(Path(folder)).check() if folder else ()


def _audit(settings: Settings) -> Iterator[Problem]:
    audit = settings.audit
    if audit.url and audit.statement_timeout >= settings.server.request_timeout:
        yield Problem(("audit", "statement_timeout"), "must be less than server.request_timeout, which would end it")
    if audit.questions:
        yield from _tried(("audit", "questions"), partial(with_own, Path(audit.questions)))


def _tried(key: Key, attempt: Callable[[], object]) -> Iterator[Problem]:
    try:
        attempt()
    except (ConfigError, CatalogueError) as error:
        yield Problem(key, f"{error.message} {error.hint}".strip())
