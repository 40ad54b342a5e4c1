"""The knobs of the mixin, read from the comments of `config.libsonnet`.

The comment above each visible key is its documentation and its declaration of what it accepts:

    // How often Prometheus scrapes.
    // Unit: seconds
    // Example: 30
    scrapeInterval: 15,

A key whose values all have one shape says what is inside them by path, `*` standing for any name:

    // The alerts, by name.
    // Unit: entries
    // Example: { HighErrorRate: { enabled: false } }
    // - *.enabled: Whether it is rendered. Unit: true or false. Example: false

The file is formatted by jsonnetfmt, so indentation tells depth. Hidden (`::`) keys are derived and no knobs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fraiseql_observe.mixin import engine, sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CONFIG = "config.libsonnet"
REFERENCE = "docs/reference/config.md"
ANY = "*"

KEY = re.compile(r"^(?P<indent> +)(?:'(?P<quoted>[^']+)'|(?P<plain>\w+))\+?:(?!:)")
HEADING = re.compile(r"^ +// -{8,} (?P<title>.+)$")
COMMENT = re.compile(r"^ +//(?: (?P<text>.*))?$")
MEMBER = re.compile(r"^- (?P<path>[\w*.]+): (?P<about>.+?) Unit: (?P<unit>.+?)\. Example: (?P<example>.+)$")
TOP = 4  # columns before a key of `_config` itself
STEP = 2


@dataclass(frozen=True)
class Knob:
    """One documented key.

    Args:
        path: from `_config` down; `*` is any name.
        description: one or two sentences.
        unit: what the value is counted in, which is also the kind of value it accepts.
        example: a Jsonnet literal.
        group: the heading it stands under.
    """

    path: tuple[str, ...]
    description: str
    unit: str
    example: str
    group: str = ""

    @property
    def name(self) -> str:
        return ".".join(self.path)


@dataclass
class _Comment:
    """The lines above a key, sorted by what they say."""

    prose: list[str] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    members: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        fact, separator, value = line.partition(": ")
        if separator and fact in {"Unit", "Example"}:
            self.facts[fact] = value.rstrip(".") if fact == "Unit" else value
        elif line.startswith("- "):
            self.members.append(line)
        elif self.members:
            self.members[-1] += f" {line.strip()}"
        else:
            self.prose.append(line)


def read() -> tuple[Knob, ...]:
    """The knobs in the order of the file."""
    return tuple(parse(sources.read(sources.root() / CONFIG)))


def parse(text: str) -> Iterator[Knob]:
    """The knobs that the text of a configuration declares."""
    comment, group = _Comment(), ""
    path: tuple[str, ...] = ()
    for line in text.splitlines():
        if heading := HEADING.match(line):
            group, comment = heading["title"], _Comment()
        elif remark := COMMENT.match(line):
            comment.add(remark["text"] or "")
        else:
            key = KEY.match(line)
            path = _path(path, key) if key else path
            if key and path and (comment.prose or comment.facts):
                yield from _knobs(path, comment, group)
            comment = _Comment()


def defaults() -> dict[str, Any]:
    """The shipped `_config`, visible keys only."""
    value: dict[str, Any] = engine.evaluate(f"(import '{CONFIG}')._config", engine.library())
    return value


def _path(previous: tuple[str, ...], key: re.Match[str]) -> tuple[str, ...]:
    """The path of a key by its indentation; empty for what lies outside `_config`."""
    depth, rest = divmod(len(key["indent"]) - TOP, STEP)
    if depth < 0 or rest or depth > len(previous):
        return ()
    return (*previous[:depth], key["quoted"] or key["plain"])


def _knobs(path: tuple[str, ...], comment: _Comment, group: str) -> Iterator[Knob]:
    yield Knob(path, " ".join(comment.prose), comment.facts.get("Unit", ""), comment.facts.get("Example", ""), group)
    for line in comment.members:
        if member := MEMBER.match(line):
            inner = (*path, *member["path"].split("."))
            yield Knob(inner, member["about"], member["unit"], member["example"], group)


def expand(knob: Knob, value: Any) -> Sequence[tuple[str, ...]]:
    """The paths in the default configuration that a knob speaks of; `*` becomes the names that are there."""
    paths: list[tuple[tuple[str, ...], Any]] = [((), value)]
    for step in knob.path:
        paths = [
            ((*path, name), inner.get(name))
            for path, inner in paths
            if isinstance(inner, dict)
            for name in (inner if step == ANY else (step,))
        ]
    return [path for path, _ in paths]
