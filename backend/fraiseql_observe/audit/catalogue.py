"""The catalogue: every question that may be asked of the audit log, and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fraiseql_observe.audit.frontmatter import parse
from fraiseql_observe.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.resources.abc import Traversable

    from fraiseql_observe.audit.question import Question


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All questions by name, in alphabetical order."""

    questions: Mapping[str, Question]

    def __getitem__(self, name: str) -> Question:
        return self.questions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.questions)

    def as_json(self) -> dict[str, Any]:
        """What the mixin reads: name -> title, description, format, parameters, columns, rawSql."""
        return {name: question.as_json() for name, question in self.questions.items()}


def load(folder: Path | None = None) -> Catalogue:
    """Read every `*.sql` file of `folder`, by default the questions that ship with the package.

    Raises:
        CatalogueError: when a file is malformed or unreadable.
    """
    root: Traversable = folder or resources.files(__package__).joinpath("queries")
    try:
        files = sorted((file for file in root.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
        texts = {file.name: file.read_text(encoding="utf-8") for file in files}
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"The questions in {root} cannot be read: {error}.", hint="check the folder") from error
    return Catalogue({Path(name).stem: parse(Path(name).stem, text, name) for name, text in texts.items()})


def to_bytes(catalogue: Catalogue) -> bytes:
    """`as_json` as the bytes of `jsonnet/audit/catalogue.json`: the same for the same questions, always."""
    return (json.dumps(catalogue.as_json(), indent=2, ensure_ascii=False) + "\n").encode()


def write(path: Path) -> bool:
    """Write the shipped questions to `path` for the mixin; says whether the file changed."""
    content = to_bytes(load())
    if path.exists() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return True
