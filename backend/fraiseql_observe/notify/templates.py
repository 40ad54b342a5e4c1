"""Message templates: Jinja files that users may override, rendered in a sandbox that always ends."""

from __future__ import annotations

import difflib
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, TemplateNotFound, TemplateSyntaxError
from jinja2 import TemplateError as JinjaError
from markupsafe import escape as html

from fraiseql_observe.errors import TemplateError
from fraiseql_observe.notify import escape
from fraiseql_observe.notify.sandbox import METER, Meter, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

BUILT_IN = Path(__file__).with_name("templates")
LARGEST = 64 * 1024  # characters in a template's file
VALUE = 20_000  # characters of one value, whatever a label holds
SLACK_VALUE = 3_000  # no text of Slack's is longer

DIALECTS: dict[str, Callable[[object], str] | None] = {
    ".html.j2": lambda value: str(html(escape.plain(value, VALUE, lines=True))),
    ".mrkdwn.j2": lambda value: escape.mrkdwn(value, SLACK_VALUE),
    ".txt.j2": lambda value: escape.plain(value, VALUE, lines=True),
    ".json.j2": None,
}


class Templates:
    """Templates by name, such as `email/body.html.j2`: the file in `folder` when there is one, else the built-in.

    The name's ending says how values are escaped: `.html.j2`, `.mrkdwn.j2` (Slack), `.txt.j2`, `.json.j2`.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        built_in = _Loader(BUILT_IN)
        self._built_in = _sandboxes(built_in)
        self._own = _sandboxes(ChoiceLoader([_Loader(folder), built_in])) if folder else {}
        self._said: set[str] = set()

    def render(self, name: str, context: Mapping[str, object], notices: list[str] | None = None) -> str:
        """Render; a user's template that fails gives way to the built-in one, and a sentence goes to `notices`.

        Raises:
            TemplateError: the built-in one failed too, or there is none.
        """
        if self._own:
            try:
                return _render(self._own, name, context)
            except TemplateError as error:
                if not (BUILT_IN / name).is_file():
                    raise
                self._say(error.message, notices)
        return _render(self._built_in, name, context)

    def check(self) -> list[str]:
        """What is wrong with the user's templates: a sentence each, with file and line. Nothing is rendered."""
        if not self.folder:
            return []
        if not self.folder.is_dir():
            return [f"The templates' folder {self.folder} does not exist."]
        files = sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*.j2"))
        return [problem for name in files if (problem := self.problem(name))]

    def problem(self, name: str) -> str:
        """What is wrong with the template of that name, as a sentence; empty when nothing is. Nothing is rendered."""
        try:
            _sandbox(self._own or self._built_in, name).get_template(name)
        except TemplateError as error:
            return error.message
        except (JinjaError, RecursionError, OSError, UnicodeError) as error:
            return _sentence(name, error)
        known = built_in_names()
        if name in known or not (near := difflib.get_close_matches(name, known, 1, 0.8)):
            return ""
        return f"{name} replaces no built-in template; did you mean {near[0]}?"

    def _say(self, sentence: str, notices: list[str] | None) -> None:
        if notices is not None:
            notices.append(f"{sentence} The built-in template was used instead.")
        if sentence not in self._said:
            self._said.add(sentence)
            log.warning("%s The built-in template is used instead.", sentence)


def built_in_names() -> list[str]:
    """The names of all built-in templates."""
    return sorted(path.relative_to(BUILT_IN).as_posix() for path in BUILT_IN.rglob("*.j2"))


class _Loader(FileSystemLoader):
    """Refuses a file that is too large to be a template."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, file, fresh = super().get_source(environment, template)
        if len(source) > LARGEST:
            raise TemplateSyntaxError(f"it is larger than {LARGEST} characters", 1, template, file)
        return source, file, fresh


def _sandboxes(loader: FileSystemLoader | ChoiceLoader) -> dict[str, Sandbox]:
    return {ending: Sandbox(loader, defuse) for ending, defuse in DIALECTS.items()}


def _sandbox(sandboxes: Mapping[str, Sandbox], name: str) -> Sandbox:
    for ending, sandbox in sandboxes.items():
        if name.endswith(ending):
            return sandbox
    raise TemplateError(f"The template {name}: its name must end in one of {', '.join(sandboxes)}.")


def _render(sandboxes: Mapping[str, Sandbox], name: str, context: Mapping[str, object]) -> str:
    sandbox = _sandbox(sandboxes, name)
    token = METER.set(Meter())
    try:
        return sandbox.get_template(name).render(context)
    except Exception as error:  # whatever somebody's template comes upon
        raise TemplateError(
            _sentence(name, error), hint="`fraiseql-observe alert preview` shows what a template gives"
        ) from error
    finally:
        METER.reset(token)


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
