"""Read a question file: YAML front matter in the leading comments, then one SELECT.

    -- ---
    -- title: Recent errors
    -- description: What failed last, newest first.
    -- format: table
    -- parameters:
    --   from: {type: timestamptz}
    -- columns:
    --   time: {title: Time, type: time}
    -- ---
    select ...

Strict: whatever is unknown, missing, undeclared or unused is a `CatalogueError` with file, line and what to write.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

import yaml

from fraiseql_observe.audit.lexer import Kind, LexError, Token, tokens
from fraiseql_observe.audit.question import COLUMN_TYPES, FORMATS, SCOPES, Column, Parameter, Question
from fraiseql_observe.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# The C parser where PyYAML has it: half a command's start-up would be spent here otherwise.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SCALARS = yaml.constructor.SafeConstructor()
_FENCE = re.compile(r"--\s*---\s*$")
_COMMENT = re.compile(r"--( |$)")
_NAME = re.compile(r"[a-z][a-z0-9_]*$")
_WORD = re.compile(r"[^\s(]+")
_GRAFANA_SYNTAX = re.compile(r"\$__|\$\{|\[\[")
_KEYS = ("title", "description", "format", "parameters", "columns", "scope", "narrowed")
_REQUIRED = ("title", "description", "format", "columns")
_PARAMETER_KEYS = ("type", "variable", "default", "minimum", "maximum")
_COLUMN_KEYS = ("title", "type", "unit")
TYPES = ("timestamptz", "interval", "text", "text[]", "integer", "bigint", "double precision", "boolean")
STANDARD = {"from": "timestamptz", "to": "timestamptz", "bucket": "interval", "tenants": "text[]"}


@lru_cache(maxsize=256)
def parse(name: str, text: str, file: str) -> Question:
    """The question in `text`; `file` is how errors name it. An unchanged file is not read into pieces twice.

    Raises:
        CatalogueError: when the file is malformed; the message starts with `file:line`.
    """
    return _Reader(name, text, file).question()


@dataclass(frozen=True)
class _Keys:
    """A YAML mapping that remembers on which line of the file each key stands."""

    values: dict[str, Any]
    lines: dict[str, int]
    line: int


class _Reader:
    def __init__(self, name: str, text: str, file: str) -> None:
        self.name, self.file = name, file
        self.lines = text.replace("\r\n", "\n").split("\n")

    def question(self) -> Question:
        if not _NAME.match(self.name):
            self.refuse(1, f"{self.name!r} is no question name", "use lower-case letters, digits and underscores")
        head, body_line = self.front_matter()
        self.known(head, _KEYS)
        for key in _REQUIRED:
            if key not in head.values:
                self.refuse(head.line, f"{key!r} is missing", f"add a line `-- {key}: ...` to the front matter")
        parameters = {name: self.parameter(name, keys) for name, keys in self.nested(head, "parameters").items()}
        statement = self.statement(body_line)
        self.check_parameters(statement, parameters, head)
        return Question(
            name=self.name,
            title=self.text(head, "title"),
            description=self.text(head, "description"),
            format=self.one_of(head, "format", FORMATS),
            scope=self.one_of(head, "scope", SCOPES) if "scope" in head.values else SCOPES[0],
            parameters=parameters,
            columns=self.columns(head),
            tokens=statement,
            narrowed=self.truth(head, "narrowed"),
        )

    # --- front matter

    def front_matter(self) -> tuple[_Keys, int]:
        if not _FENCE.match(self.lines[0]):
            self.refuse(1, "the front matter is missing", "begin the file with a line `-- ---`")
        end = next((n for n, line in enumerate(self.lines[1:], start=1) if _FENCE.match(line)), len(self.lines))
        inside = self.lines[1:end]
        if end == len(self.lines) or not all(_COMMENT.match(line) for line in inside):
            self.refuse(1, "the front matter never ends", "close it with a line `-- ---`")
        return self.mapping("\n".join(line[3:] for line in inside)), end + 1

    def mapping(self, text: str) -> _Keys:
        try:
            node = yaml.compose(text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 2 if mark else 1
            self.refuse(line, f"the front matter is not YAML: {error.problem}", "quote values that hold `:` or `#`")
        return self.keys(node, "the front matter", 1)

    def keys(self, node: yaml.Node | None, what: str, line: int) -> _Keys:
        if node is not None and node.tag == "tag:yaml.org,2002:null":
            node = None
        if not isinstance(node, yaml.MappingNode):
            self.refuse(line, f"{what} must be a mapping", "write `key: value` lines")
        values: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key, key_line = str(key_node.value), key_node.start_mark.line + 2
            if key in values:
                self.refuse(key_line, f"{key!r} is given twice", "remove one of them")
            lines[key] = key_line
            values[key] = value_node
        return _Keys(values, lines, line)

    def nested(self, head: _Keys, key: str) -> dict[str, _Keys]:
        if key not in head.values:
            return {}
        outer = self.keys(head.values[key], f"{key!r}", head.lines[key])
        return {name: self.keys(node, f"{name!r}", outer.lines[name]) for name, node in outer.values.items()}

    def parameter(self, name: str, keys: _Keys) -> Parameter:
        self.known(keys, _PARAMETER_KEYS)
        kind = self.one_of(keys, "type", TYPES)
        if STANDARD.get(name, kind) != kind:
            self.refuse(keys.line, f"parameter {name!r} is of type {STANDARD[name]}", f"write type: {STANDARD[name]!r}")
        given = {key: self.scalar(keys, key) for key in _PARAMETER_KEYS[1:] if key in keys.values}
        if name not in STANDARD and not {"variable", "default"} & given.keys():
            self.refuse(keys.line, f"nothing gives parameter {name!r} a value", "add `default:` or `variable:` to it")
        return Parameter(name=name, type=kind, **given)

    def columns(self, head: _Keys) -> tuple[Column, ...]:
        found = self.nested(head, "columns")
        for keys in found.values():
            self.known(keys, _COLUMN_KEYS)
        columns = tuple(
            Column(
                name=name,
                title=self.text(keys, "title"),
                type=self.one_of(keys, "type", COLUMN_TYPES),
                unit=self.text(keys, "unit") if "unit" in keys.values else "",
            )
            for name, keys in found.items()
        )
        if not columns:
            self.refuse(head.lines["columns"], "'columns' is empty", "declare each result column, in order")
        if (
            self.one_of(head, "format", FORMATS) == "time_series"
            and (columns[0].name, columns[0].type) != ("time",) * 2
        ):
            self.refuse(head.lines["columns"], "a time series begins with its time", "declare `time` as first column")
        return columns

    def known(self, keys: _Keys, allowed: Collection[str]) -> None:
        for key, line in keys.lines.items():
            if key not in allowed:
                self.refuse(line, f"unknown key {key!r}", _suggest(key, allowed))

    def scalar(self, keys: _Keys, key: str) -> Any:
        if key not in keys.values:
            self.refuse(keys.line, f"{key!r} is missing", f"add `{key}: ...`")
        node = keys.values[key]
        if not isinstance(node, yaml.ScalarNode):
            self.refuse(keys.lines[key], f"{key!r} must be a single value", "write it on one line")
        return _SCALARS.construct_document(node)

    def text(self, keys: _Keys, key: str) -> str:
        value = self.scalar(keys, key)
        if not isinstance(value, str) or not value.strip():
            self.refuse(
                keys.lines[key], f"{key!r} must be a text", "write a word or sentence, quoted if it is a number"
            )
        return value.strip()

    def truth(self, keys: _Keys, key: str) -> bool:
        value = self.scalar(keys, key) if key in keys.values else False
        if not isinstance(value, bool):
            self.refuse(keys.lines[key], f"{key!r} must be true or false", f"write `{key}: true`")
        return value

    def one_of(self, keys: _Keys, key: str, allowed: Collection[str]) -> str:
        value = self.text(keys, key)
        if value not in allowed:
            self.refuse(keys.lines[key], f"{key} {value!r} is not known", _suggest(value, allowed))
        return value

    # --- statement

    def statement(self, first_line: int) -> tuple[Token, ...]:
        body = "\n".join(self.lines[first_line:])
        try:
            found = tuple(Token(t.kind, t.text, t.line + first_line, t.name) for t in tokens(body))
        except LexError as error:
            self.refuse(error.line + first_line, str(error), "close it")
        found = _without_last_semicolon(found)
        for token in found:
            if token.kind is Kind.SEMICOLON:
                self.refuse(token.line, "a question is one statement", "remove what stands after the semicolon")
            if token.kind is not Kind.COMMENT and (syntax := _GRAFANA_SYNTAX.search(token.text)):
                line = _line(token, syntax)
                self.refuse(line, "Grafana would replace `$__`, `${` or `[[`", "write a :parameter instead")
        self.check_verb(found, first_line + 1)
        return found

    def check_verb(self, body: tuple[Token, ...], line: int) -> None:
        for token in body:
            if token.kind is not Kind.COMMENT and (word := _WORD.search(token.text)):
                if token.kind is Kind.CODE and word[0].lower() in ("select", "with"):
                    return
                line = _line(token, word)
                break
        self.refuse(line, "a question is a SELECT", "begin the statement with `select` or `with`")

    def check_parameters(self, body: tuple[Token, ...], declared: Mapping[str, Parameter], head: _Keys) -> None:
        used = {token.name for token in body if token.name}
        for token, following in zip(body, [*body[1:], None], strict=True):
            if not token.name:
                continue
            if token.name not in declared:
                hint = f"declare {token.name!r} under `parameters:`, or put a space after the colon of an array slice"
                self.refuse(token.line, f"parameter :{token.name} is not declared", hint)
            kind = declared[token.name].type
            if following is None or not re.match(rf"::{re.escape(kind)}(?![\w\[])", following.text):
                # Grafana writes untyped literals: only a cast gives both renderings the same type.
                self.refuse(token.line, f"parameter :{token.name} has no cast", f"write :{token.name}::{kind}")
        for name in declared.keys() - used:
            line = self.nested(head, "parameters")[name].line
            self.refuse(line, f"parameter {name!r} is never used", f"use :{name} in the statement or remove it")

    def refuse(self, line: int, what: str, hint: str) -> NoReturn:
        raise CatalogueError(f"{self.file}:{line}: {what}.", hint=hint)


def _line(token: Token, found: re.Match[str]) -> int:
    return token.line + token.text.count("\n", 0, found.start())


def _without_last_semicolon(found: tuple[Token, ...]) -> tuple[Token, ...]:
    end = len(found)
    while end and (found[end - 1].kind is Kind.COMMENT or not found[end - 1].text.strip()):
        end -= 1
    return found[: end - 1] if end and found[end - 1].kind is Kind.SEMICOLON else found[:end]


def _suggest(given: str, allowed: Collection[str]) -> str:
    close = difflib.get_close_matches(given, allowed, n=1)
    return f"did you mean {close[0]!r}?" if close else f"one of: {', '.join(allowed)}"
