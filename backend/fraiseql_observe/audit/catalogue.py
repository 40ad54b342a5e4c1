"""The catalogue: every question that may be asked of the audit log, and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fraiseql_observe.audit.frontmatter import parse
from fraiseql_observe.audit.vetting import vet
from fraiseql_observe.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.resources.abc import Traversable

    from fraiseql_observe.audit.question import Question

MOST = 500  # questions of one's own: each is a value of a metric's label
LARGEST = 65_536  # bytes of a file


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


def with_own(folder: Path | None) -> Catalogue:
    """The shipped questions and those of somebody's own folder, each of which is vetted.

    Raises:
        CatalogueError: when a file is malformed, does what a question may not do, or has the name of a shipped one.
    """
    shipped = load().questions
    own = _own(folder) if folder else {}
    for name in own:
        if name in shipped:
            raise CatalogueError(f"{folder}/{name}.sql:1: a shipped question has that name.", hint="rename the file")
    return Catalogue(dict(sorted({**shipped, **own}.items())))


def _own(folder: Path) -> dict[str, Question]:
    files = sorted(folder.glob("*.sql")) if folder.is_dir() else None
    if files is None:
        raise CatalogueError(f"{folder} is no folder.", hint="name the folder of your question files")
    if len(files) > MOST:
        raise CatalogueError(f"{folder} holds more than {MOST} questions.", hint="remove those that nobody asks")
    return {file.stem: vet(parse(file.stem, _text(file), str(file)), str(file)) for file in files}


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST:
            raise CatalogueError(f"{file} is larger than {LARGEST} bytes.", hint="a question is one statement")
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{file} cannot be read: {error}.", hint="check its rights; it must be UTF-8") from None


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
