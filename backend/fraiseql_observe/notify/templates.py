"""Message templates: Jinja files that users may override, rendered in a sandbox that always ends."""

from __future__ import annotations

import difflib
import logging
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fraiseql_observe.errors import TemplateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fraiseql_observe.notify.rendering import Rendering

log = logging.getLogger(__name__)

BUILT_IN = Path(__file__).with_name("templates")


class Templates:
    """Templates by name, such as `email/body.html.j2`: the file in `folder` when there is one, else the built-in.

    The name's ending says how values are escaped: `.html.j2`, `.mrkdwn.j2` (Slack), `.txt.j2`, `.json.j2`.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._said: set[str] = set()

    def render(self, name: str, context: Mapping[str, object], notices: list[str] | None = None) -> str:
        """Render; a user's template that fails gives way to the built-in one, and a sentence goes to `notices`.

        Raises:
            TemplateError: the built-in one failed too, or there is none.
        """
        if self.folder:
            try:
                return self._all.render(name, context)
            except TemplateError as error:
                if not (BUILT_IN / name).is_file():
                    raise
                self._say(error.message, notices)
        return self._built_in.render(name, context)

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
        if wrong := self._all.problem(name):
            return wrong
        known = built_in_names()
        if name in known or not (near := difflib.get_close_matches(name, known, 1, 0.8)):
            return ""
        return f"{name} replaces no built-in template; did you mean {near[0]}?"

    @cached_property
    def _all(self) -> Rendering:
        return _rendering(self.folder, BUILT_IN) if self.folder else self._built_in

    @cached_property
    def _built_in(self) -> Rendering:
        return _rendering(BUILT_IN)

    def _say(self, sentence: str, notices: list[str] | None) -> None:
        if notices is not None:
            notices.append(f"{sentence} The built-in template was used instead.")
        if sentence not in self._said:
            self._said.add(sentence)
            log.warning("%s The built-in template is used instead.", sentence)


def built_in_names() -> list[str]:
    """The names of all built-in templates."""
    return sorted(path.relative_to(BUILT_IN).as_posix() for path in BUILT_IN.rglob("*.j2"))


def _rendering(*folders: Path) -> Rendering:
    from fraiseql_observe.notify.rendering import of_folders  # noqa: PLC0415  1.7 MB that not every message needs

    return of_folders(*folders)
