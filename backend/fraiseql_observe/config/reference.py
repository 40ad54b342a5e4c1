"""The reference page of all settings and the annotated example, made from the declarations.

`python -m fraiseql_observe.config.reference .` writes them into a checkout; a test fails when they are stale.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.document import scalar
from fraiseql_observe.config.environment import DEEPER, PREFIX
from fraiseql_observe.config.settings import Settings
from fraiseql_observe.config.shape import FILE, TYPE, Field, Leaf, Listing, Node, Section, Table, Variants, section
from fraiseql_observe.config.show import plain
from fraiseql_observe.config.values import bound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEAD = """\
# Settings of `fraiseql-observe serve`

Every setting, made from its declaration. They stand in one YAML file, `--config FILE` or `./fraiseql-observe.yaml`;
without a file the defaults run. `fraiseql-observe config check` says `file:line: key: problem` of all that is wrong,
`fraiseql-observe config show` prints what holds, secrets hidden, and
`fraiseql-observe config example` an annotated file.
[How to run the backend](../how-to/run-the-backend.md) begins from nothing.

- **Environment.** Each setting has a variable that wins over the file: `FRAISEQL_OBSERVE_SERVER__PORT=9000`, two
  underscores between levels, `_` for what a variable's name cannot hold
  (`FRAISEQL_OBSERVE_DESTINATIONS__TEAM_SLACK__CHANNEL`). Lists are written with commas, tables as
  `name=value` with commas. An empty variable counts as not set. Sections in a list (`routes`, `steps`)
  are for the file.
- **Secrets** may stand in a file of their own: `token_file: /run/secrets/token` instead of `token: …`, likewise
  `FRAISEQL_OBSERVE_INTAKE__TOKEN_FILE`. A relative name is beside the settings file; the line end at
  its end is left out.
- **Durations** are written `30s`, `5m`, `1h30m`, `250ms`, `2d`; **sizes** `64KiB`, `10MiB`, or a number of bytes.
- `fraiseql-observe serve` reads all of it again on SIGHUP. Where that fails the old settings go on.
  `server.host`, `server.port`, `server.idle_timeout`, `server.connections`, `intake.largest_body`, `store.url` and
  `log.access` change with a restart only.
- The file is YAML's core schema: `on`, `yes` and `09:30` are texts; tags and keys given twice are refused.
"""

EXAMPLE_HEAD = """\
# fraiseql-observe.yaml: every setting with its default, as a comment. Uncomment what shall differ.
# `fraiseql-observe config check` says what is wrong with a file; docs/reference/serve-settings.md says it all.
# Made from the declarations by `fraiseql-observe config example`.
"""
NAMES = {"destinations": "NAME", "policies": "NAME", "hours": "NAME", "tokens": "NAME"}
WIDTH = 118
PLAIN = re.compile(r"[^\s#{}\[\],&*!|>'\"%@`:-](?:[^#{}\[\],\n]*[^\s#{}\[\],:])?")  # what YAML takes as it is


def page() -> str:
    """docs/reference/serve-settings.md."""
    parts = [HEAD]
    for field in section(Settings).fields.values():
        parts.append(f"## `{field.key}`\n\n{field.about.text}\n")
        parts.extend(_entries(field.node, field.key, field))
    return "\n".join(parts)


def _entries(node: Node, path: str, field: Field) -> Iterator[str]:
    match node:
        case Section():
            for inner in node.fields.values():
                yield from _entry(inner, f"{path}.{inner.key}")
        case Table():
            yield from _entries(node.value, f"{path}.<name>", field)
        case Listing():
            yield from _entries(node.item, f"{path}[]", field)
        case Variants():
            for kind, inner_section in node.by_type.items():
                about = (inner_section.made.__doc__ or "").strip().splitlines()[0]
                yield f"### Type `{kind}`\n\n{about}\n"
                yield from _entries(inner_section, path, field)


def _entry(field: Field, path: str) -> Iterator[str]:
    yield f"#### `{path}`\n\n{field.about.text}\n"
    facts = list(_facts(field, path))
    if facts:
        yield "\n".join(facts) + "\n"
    if not _leaves(field.node):
        yield from _entries(field.node, path, field)


def _facts(field: Field, path: str) -> Iterator[str]:
    if _leaves(field.node):
        yield f"- Kind: {kind_of(field.node)}"
    yield "- Must be given" if field.required else f"- Default: {_default(field)}"
    if limits := _limits(field):
        yield f"- {limits}"
    if field.about.allowed:
        yield f"- One of: {', '.join(f'`{one}`' for one in field.about.allowed)}"
    if field.about.example:
        yield f"- Example: `{field.about.example}`"
    if _leaves(field.node) and "[]" not in path:
        name = path.replace(".<name>", "." + "<NAME>").replace(".", DEEPER).upper()
        yield f"- Variable: `{PREFIX}{name}`" + (f", `{PREFIX}{name}_FILE`" if field.secret else "")


def kind_of(node: Node) -> str:
    """What a setting is, in words."""
    match node:
        case Leaf():
            return node.kind.name
        case Listing():
            return f"list of {kind_of(node.item)}"
        case Table():
            return f"table of {kind_of(node.value)}"
    return "section"


def _leaves(node: Node) -> bool:
    """Whether a node ends in a leaf without a section between."""
    match node:
        case Listing():
            return _leaves(node.item)
        case Table():
            return _leaves(node.value)
    return isinstance(node, Leaf)


def _default(field: Field) -> str:
    if not _leaves(field.node):
        return "as below" if field.default else "none"
    value = _given(field)
    return "none" if value in (None, "", [], {}) else f"`{_inline(value)}`"


def _given(field: Field) -> Any:
    """The default as YAML says it."""
    if isinstance(field.default, Secret):
        return field.default.reveal()
    if isinstance(field.node, Leaf) and field.default is not None:
        return field.node.kind.write(field.default)
    return plain(field.default)


def _limits(field: Field) -> str:
    node: Any = field.node
    while isinstance(node, Listing | Table):
        node = node.item if isinstance(node, Listing) else node.value
    if not isinstance(node, Leaf):
        return ""
    words = (("At least", field.about.minimum), ("at most", field.about.maximum))
    written = [f"{word} `{bound(limit, node.kind)}`" for word, limit in words if limit is not None]
    return ", ".join(written)[:1].upper() + ", ".join(written)[1:]


def example() -> str:
    """fraiseql-observe.example.yaml: everything commented out, so that it means the defaults."""
    lines = [EXAMPLE_HEAD]
    for field in section(Settings).fields.values():
        lines += [*_comment(field.about.text, 0), f"#{field.key}:"]
        lines += [f"#{line}" for line in _sample(field.node, 2)]
        lines.append("")
    return "\n".join(lines)


def _sample(node: Node, indent: int) -> Iterator[str]:
    space = " " * indent
    match node:
        case Section():
            for field in node.fields.values():
                yield from _sample_field(field, indent)
        case Table():
            yield f"{space}NAME:"
            yield from _sample(node.value, indent + 2)
        case Listing():
            inner = list(_sample(node.item, indent + 2))
            first = next(at for at, line in enumerate(inner) if not line.strip().startswith("# "))
            inner[first] = f"{space}- {inner[first].strip()}"
            yield from inner
        case Variants():
            common = set.intersection(*(set(one.fields) for one in node.by_type.values()))
            for at, (kind, one) in enumerate(node.by_type.items()):
                if at:
                    yield f"{' ' * (indent - 2)}NAME_{at + 1}:"
                    yield f"{space}# {', '.join(key for key in one.fields if key in common)}: as above."
                yield f"{space}{TYPE}: {kind}"
                for field in one.fields.values():
                    if not at or field.key not in common:
                        yield from _sample_field(field, indent)


def _sample_field(field: Field, indent: int) -> Iterator[str]:
    space = " " * indent
    yield from (f"{space}{line}" for line in _comment(_remark(field), indent + 1))
    if not _leaves(field.node):
        yield f"{space}{field.key}:"
        yield from _sample(field.node, indent + 2)
    elif field.secret and not (isinstance(field.default, Secret) and field.default):
        yield f"{space}{field.key}{FILE}: /run/secrets/{field.key}"
    else:
        yield f"{space}{field.key}: {_value(field)}"


def _remark(field: Field) -> str:
    facts = [field.about.text, _limits(field) and f"{_limits(field)}.".replace("`", "")]
    if field.about.allowed:
        facts.append(f"One of {', '.join(field.about.allowed)}.")
    if field.about.example and not field.required:
        facts.append(f"Example: {field.about.example}")
    return " ".join(filter(None, facts))


def _value(field: Field) -> str:
    if field.required and field.about.example:
        return field.about.example
    value = _given(field)
    return "" if value is None else _inline(value)


def _inline(value: Any) -> str:
    """A value on one line, in YAML's flow style."""
    if isinstance(value, list):
        return f"[{', '.join(_inline(one) for one in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_inline(one)}' for name, one in value.items())}}}"
    if isinstance(value, str) and PLAIN.fullmatch(value) and scalar(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _comment(text: str, indent: int) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, WIDTH - indent - 2, break_long_words=False)]


PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/serve-settings.md": page,
    "fraiseql-observe.example.yaml": example,
}


def main(folder: str) -> None:
    """Write the pages into a checkout."""
    for name, made in PAGES.items():
        (Path(folder) / name).write_text(made(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
