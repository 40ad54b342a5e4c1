"""How a setting is declared: a field of a frozen dataclass, with its sentence, its bounds and an example.

From these fields come the cerberus schema, the names of environment variables, the reference page and the typed
settings; there is no second list. Types that a field may have: str, int, float, bool, timedelta ("5m" in YAML), `Size`,
`Secret`, StrEnum, tuple[str, ...], tuple[Section, ...], Mapping[str, str], Mapping[str, Section], Section (another such
dataclass), and `| None` of these. Alert matchers are tuple[str, ...] in Alertmanager's own syntax.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field
from typing import Any, NewType

Size = NewType("Size", int)  # bytes; "10MiB" in YAML


@dataclass(frozen=True, slots=True)
class Help:
    """What the reference page and the checks know about a setting."""

    text: str
    example: str = ""
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()
    pattern: str = ""


def setting(text: str, *, default: Any = MISSING, factory: Any = MISSING, **more: Any) -> Any:
    """Declare a setting; without `default` or `factory` it must be given. `more` are fields of `Help`."""
    return field(default=default, default_factory=factory, metadata={"help": Help(text, **more)}, kw_only=True)


class Secret:
    """A value that nobody prints: `reveal()` is the only way to it.

    In YAML `token: …` gives it in place, `token_file: …` names the file that holds it; the environment may give both.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret(…)" if self._value else "Secret()"


NO_SECRET = Secret("")
