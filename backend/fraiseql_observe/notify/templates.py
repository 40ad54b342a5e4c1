"""Message templates: Jinja files that users may override, rendered in a sandbox that always ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Templates:
    """Templates by name, such as `email/body.html.j2`: the file in `folder` when there is one, else the built-in.

    The name's ending says how values are escaped: `.html.j2`, `.mrkdwn.j2` (Slack), `.txt.j2`, `.json.j2`.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder

    def render(self, name: str, context: Mapping[str, object], notices: list[str] | None = None) -> str:
        """Render; a user's template that fails gives way to the built-in one, and a sentence goes to `notices`.

        Raises:
            TemplateError: the built-in one failed too, or there is none.
        """
        raise NotImplementedError

    def check(self) -> list[str]:
        """What is wrong with the user's templates: a sentence each, with file and line."""
        raise NotImplementedError
