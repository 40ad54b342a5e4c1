"""The sandbox of message templates: they read what they are given, and they always end.

Jinja's own sandbox keeps a template from reaching the interpreter; it does not keep it from looping for ever or from
filling the memory. So every loop, macro and output here ticks a meter (steps, characters, seconds), operators and
methods that make much from little are refused, lists are weighed with all they hold, and only filters with a bounded
result exist.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined, nodes, pass_context
from jinja2.exceptions import SecurityError
from jinja2.filters import do_groupby, do_sort, do_sum
from jinja2.runtime import Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace, pass_environment
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from fraiseql_observe.notify import filters

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import BaseLoader

CHARACTERS = 1_000_000  # written or joined in one rendering
HELD = 1_000_000  # characters in one list that a template makes, with all the lists in it
ITEM = 10  # characters that an item of a list counts for, whatever it is
STEPS = 20_000  # turns of loops and calls of macros
SECONDS = 1.0
NUMBER = 10**18  # largest whole number a template may make
ITEMS = 10_000  # longest list a template may make
STRING_METHODS = (
    "capitalize endswith isdigit islower isupper lower lstrip removeprefix removesuffix rstrip split startswith strip "
    "title upper"
)
METHODS: dict[type, frozenset[str]] = {
    str: frozenset(STRING_METHODS.split()),
    Mapping: frozenset({"get", "items", "keys", "values"}),
    datetime: frozenset({"isoformat", "timestamp"}),
}


class Exhausted(Exception):  # noqa: N818  a limit of the sandbox, which `templates` turns into a TemplateError
    """A template wanted more than it may have."""


class Meter:
    """What one rendering has used."""

    def __init__(self) -> None:
        self.steps = self.characters = 0
        self.deadline = time.monotonic() + SECONDS

    def step(self, characters: int) -> None:
        self.steps += 1
        self.write(characters)
        if self.steps > STEPS:
            raise Exhausted(f"it takes more than {STEPS} turns of loops and calls of macros")

    def write(self, characters: int) -> None:
        self.characters += characters
        if self.characters > CHARACTERS:
            raise Exhausted(f"it writes more than {CHARACTERS} characters")
        if time.monotonic() > self.deadline:
            raise Exhausted(f"it takes more than {SECONDS:g} s")


METER: ContextVar[Meter] = ContextVar("METER")


class Sandbox(ImmutableSandboxedEnvironment):
    """Templates of one dialect.

    Args:
        loader: finds them.
        defuse: makes a value harmless in that dialect; None leaves it as it is.
    """

    intercepted_binops = frozenset({"+", "*", "**", "%", "//", "/", "-"})

    def __init__(self, loader: BaseLoader, defuse: Callable[[object], str] | None) -> None:
        self._defuse = defuse
        super().__init__(
            loader=loader,
            undefined=StrictUndefined,
            autoescape=defuse is not None,
            finalize=self._finalize,
            trim_blocks=True,
            lstrip_blocks=True,
            optimized=False,
            cache_size=100,
        )
        self.filters = {**filters.KEPT, **filters.OWN, **COLLECTING, "join": self._join, "replace": _replace}
        self.globals = {"range": _range, "namespace": _Namespace}
        self.policies["json.dumps_kwargs"] = {"sort_keys": True, "default": filters.jsonable}

    # What a template may touch

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Allow plain data, and of methods the few that cannot make much from little."""
        if not super().is_safe_attribute(obj, attr, value):
            return False
        plain = not callable(value) or isinstance(value, Macro)
        return plain or any(isinstance(obj, kind) and attr in allowed for kind, allowed in METHODS.items())

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuse what grows out of bounds: `'a' * 10**9`, `2 ** 10**9`, `'%999999999d' % 1`, `list + list` for ever."""
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator == "**" or (not numbers and operator != "+"):
            raise SecurityError(f"the operator {operator} is not allowed here")
        result = super().call_binop(context, operator, left, right)
        if isinstance(result, str):
            METER.get().write(len(result))
        elif isinstance(result, int) and abs(result) > NUMBER:
            raise Exhausted(f"it makes a number beyond {NUMBER}")
        elif isinstance(result, list | tuple):
            if len(result) > ITEMS:
                raise Exhausted(f"it makes a list of more than {ITEMS}")
            self.weighed(result)
        return result

    def wrap_str_format(self, value: Any) -> None:
        """No `str.format`: `'{:999999999}'.format(1)` is a gigabyte."""

    # What counts

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = _Metered().visit(super()._parse(source, name, filename))
        return tree.set_environment(self)  # type: ignore[return-value]

    def tick(self, characters: int) -> None:
        METER.get().step(characters)

    def joined(self, *parts: Any) -> str:
        """`a ~ b`; where one of them is markup already, the others are made harmless first."""
        if any(isinstance(part, Markup) for part in parts):
            return Markup("").join(self.written(part) for part in parts)
        texts = [str(part) for part in parts]
        METER.get().write(sum(map(len, texts)))  # before there is a text of that length
        return "".join(texts)

    def weighed(self, value: Any) -> Any:
        """A list that a template made: `[x, x]` in a loop doubles at each turn what is written for it."""
        _weigh(value, HELD)
        return value

    def written(self, value: Any) -> str:
        """What is written for `{{ value }}`."""
        if not isinstance(value, Markup):
            value = str(value.value if isinstance(value, Enum) else value)
            if self._defuse is not None:
                value = Markup(self._defuse(value))  # noqa: S704  harmless now
        METER.get().write(len(value))
        text: str = value
        return text

    @pass_context  # so that Jinja does not call it while it compiles
    def _finalize(self, _context: object, value: Any) -> str:
        return self.written(value)

    def _join(self, items: Any, separator: str = "", attribute: str | None = None) -> str:
        chosen = [item if attribute is None else self.getattr(item, attribute) for item in items]
        return self.joined(*[each for item in chosen for each in (separator, item)][1:])


class _Metered(NodeTransformer):
    """Writes a tick into every template, loop and macro, and hands `~` and written lists to the environment."""

    def _with_tick(self, node: Any) -> Any:
        self.generic_visit(node)
        written = sum(len(data.data) for data in node.find_all(nodes.TemplateData))
        call = nodes.Call(nodes.EnvironmentAttribute("tick"), [nodes.Const(written)], [], None, None)
        node.body.insert(0, nodes.ExprStmt(call).set_lineno(node.lineno, override=True))
        return node

    visit_Template = visit_For = visit_Macro = visit_CallBlock = _with_tick  # noqa: N815  Jinja's way to say it

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        call = nodes.Call(nodes.EnvironmentAttribute("joined"), node.nodes, [], None, None)
        return call.set_lineno(node.lineno, override=True)

    def _weighed(self, node: Any) -> Any:
        self.generic_visit(node)
        if getattr(node, "ctx", "load") != "load":  # the names in `for a, b in …`
            return node
        call = nodes.Call(nodes.EnvironmentAttribute("weighed"), [node], [], None, None)
        return call.set_lineno(node.lineno, override=True)

    visit_List = visit_Tuple = visit_Dict = _weighed  # noqa: N815


class _Namespace(Namespace):
    """Is written without what it holds, which may be itself."""

    def __repr__(self) -> str:
        return "namespace"


def _weigh(value: Any, left: int) -> int:
    """What is left of a number of characters and items after a value and all it holds.

    Raises:
        Exhausted: nothing.
    """
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str | range):
            left -= len(each) * (ITEM if isinstance(each, range) else 1)
        left -= ITEM
        if left < ITEM * len(waiting):
            raise Exhausted(f"it makes a list that holds more than {HELD} characters")
        if isinstance(each, Mapping):
            waiting += each.keys()
            waiting += each.values()
        elif isinstance(each, list | tuple | set | frozenset):
            waiting += each
    METER.get().write(0)
    return left


def _list(items: Any) -> list[Any]:
    left, made = HELD, []
    for item in items:
        left = _weigh(item, left)
        made.append(item)
    return made


@pass_environment
def _sort(environment: Sandbox, items: Any, *how: Any, **more: Any) -> list[Any]:
    return do_sort(environment, _list(items), *how, **more)


@pass_environment
def _groupby(environment: Sandbox, items: Any, *how: Any, **more: Any) -> Any:
    return do_groupby(environment, _list(items), *how, **more)


@pass_environment
def _sum(environment: Sandbox, items: Any, attribute: str | None = None, start: float = 0) -> Any:
    if not isinstance(start, int | float):
        raise SecurityError("only numbers are summed up here")
    return do_sum(environment, items, attribute, start)


COLLECTING: dict[str, Any] = {"list": _list, "sort": _sort, "groupby": _groupby, "sum": _sum}


def _range(*bounds: int) -> range:
    made = range(*bounds)
    if len(made) > ITEMS:
        raise Exhausted(f"it asks for a range of more than {ITEMS}")
    return made


def _replace(text: object, old: str, new: str) -> str:
    plain = str(text)
    METER.get().write(len(plain) + plain.count(old) * len(new))
    return plain.replace(old, new)
