"""Jinja at work on message templates: files of a folder, each in the dialect of its ending, in a sandbox that ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, TemplateNotFound, TemplateSyntaxError
from jinja2 import TemplateError as JinjaError
from markupsafe import escape as html

from fraiseql_observe.errors import TemplateError
from fraiseql_observe.notify import escape
from fraiseql_observe.notify.sandbox import METER, Meter, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jinja2 import BaseLoader

LARGEST = 64 * 1024  # characters in a template's file
VALUE = 20_000  # characters of one value, whatever a label holds
SLACK_VALUE = 3_000  # no text of Slack's is longer

DIALECTS: dict[str, Callable[[object], str] | None] = {
    ".html.j2": lambda value: str(html(escape.plain(value, VALUE, lines=True))),
    ".mrkdwn.j2": lambda value: escape.mrkdwn(value, SLACK_VALUE),
    ".txt.j2": lambda value: escape.plain(value, VALUE, lines=True),
    ".json.j2": None,
}


def of_folders(*folders: Path) -> Rendering:
    """Render the templates of these folders; the first that has a file of the name gives it."""
    return Rendering(ChoiceLoader([_Loader(folder) for folder in folders]))


class Rendering:
    """Renders the templates that a loader gives."""

    def __init__(self, loader: BaseLoader) -> None:
        self._sandboxes = {ending: Sandbox(loader, defuse) for ending, defuse in DIALECTS.items()}

    def render(self, name: str, context: Mapping[str, object]) -> str:
        """Render a template.

        Raises:
            TemplateError: there is none, or it failed; the sentence says where.
        """
        sandbox = self._sandbox(name)
        token = METER.set(Meter())
        try:
            return sandbox.get_template(name).render(context)
        except Exception as error:  # whatever somebody's template comes upon
            raise TemplateError(
                _sentence(name, error), hint="`fraiseql-observe alert preview` shows what a template gives"
            ) from error
        finally:
            METER.reset(token)

    def problem(self, name: str) -> str:
        """What keeps a template from being compiled, as a sentence; empty when nothing does. Nothing is rendered."""
        try:
            self._sandbox(name).get_template(name)
        except TemplateError as error:
            return error.message
        except (JinjaError, RecursionError, OSError, UnicodeError) as error:
            return _sentence(name, error)
        return ""

    def _sandbox(self, name: str) -> Sandbox:
        for ending, sandbox in self._sandboxes.items():
            if name.endswith(ending):
                return sandbox
        raise TemplateError(f"The template {name}: its name must end in one of {', '.join(self._sandboxes)}.")


class _Loader(FileSystemLoader):
    """Refuses a file that is too large to be a template."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, file, fresh = super().get_source(environment, template)
        if len(source) > LARGEST:
            raise TemplateSyntaxError(f"it is larger than {LARGEST} characters", 1, template, file)
        return source, file, fresh


def _sentence(name: str, error: Exception) -> str:
    """Say it with file and line: `The template slack/body.mrkdwn.j2, line 3: 'x' is undefined.`."""
    where, line = _place(error)
    if isinstance(error, RecursionError):
        said = "it calls itself for ever"
    elif isinstance(error, TemplateNotFound):
        said = f"there is no template {error.name}"
    else:
        said = (error.message if isinstance(error, JinjaError) else str(error)) or type(error).__name__
    at = f", line {line}" if line else ""
    return f"The template {where or name}{at}: {escape.plain(said, 300).rstrip('.')}."


def _place(error: Exception) -> tuple[str, int]:
    """File and line: of the syntax error, or the innermost that Jinja wrote into the traceback."""
    if isinstance(error, TemplateSyntaxError):
        return error.filename or error.name or "", error.lineno
    place, trace = ("", 0), error.__traceback__
    while trace is not None:
        if (file := trace.tb_frame.f_code.co_filename).endswith(".j2"):
            place = (file, trace.tb_lineno)
        trace = trace.tb_next
    return place
