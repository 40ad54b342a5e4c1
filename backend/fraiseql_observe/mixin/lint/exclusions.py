"""The exclusions of `jsonnet/.lint`: a rule, a written reason, and where it does not hold.

exclusions:
target-instance-rule:
reason: The records of objectives carry no instance.
entries:
- dashboard: FraiseQL / Operations
panel: Error budget left
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from fraiseql_observe.errors import ConfigError
from fraiseql_observe.mixin.lint.registry import RULES, Finding

if TYPE_CHECKING:
    from pathlib import Path

FILE = ".lint"
KEYS = frozenset({"dashboard", "panel", "target", "group", "alert", "record", "mixin"})


@dataclass
class Exclusions:
    """What the house allows itself, and what of it was needed.

    Args:
        entries: by rule: where it does not hold.
        problems: what is wrong with the file itself.
        needed: whether an exclusion that excludes nothing is a finding.
    """

    entries: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    problems: Sequence[Finding] = ()
    needed: bool = True

    def apply(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings that are not excluded, and the exclusions that excluded nothing."""
        kept = [finding for finding in findings if not self._covering(finding)]
        used = {(finding.rule, index) for finding in findings for index in self._covering(finding)}
        return [*kept, *self.problems, *(self._unused(used) if self.needed else ())]

    def _covering(self, finding: Finding) -> list[int]:
        return [
            index
            for index, entry in enumerate(self.entries.get(finding.rule, ()))
            if all(finding.where.get(key) == value for key, value in entry.items())
        ]

    def _unused(self, used: set[tuple[str, int]]) -> Iterator[Finding]:
        for rule, entries in self.entries.items():
            for index, entry in enumerate(entries):
                if (rule, index) not in used:
                    yield Finding("exclusion-unused", {"exclusion": rule, **entry}, "excludes nothing; remove it")


def load(path: Path) -> Exclusions:
    """The exclusions in a file; none when there is no file.

    Raises:
        ConfigError: the file is not what it should be.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Exclusions()
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read as YAML: {error}", hint="mend or remove it") from None
    return parse(document, str(path))


def parse(document: Any, origin: str = FILE) -> Exclusions:
    """The exclusions of a parsed document."""
    given = (document or {}).get("exclusions") or {} if isinstance(document or {}, Mapping) else None
    if not isinstance(given, Mapping):
        raise ConfigError(
            f"{origin}: exclusions must map rules to a reason and entries", hint="see docs/reference/lint.md"
        )
    entries = {rule: _entries(rule, said, origin) for rule, said in given.items()}
    return Exclusions(entries, tuple(_problems(given)))


def _entries(rule: str, said: Any, origin: str) -> list[dict[str, str]]:
    listed = said.get("entries") if isinstance(said, Mapping) else None
    if not isinstance(listed, list) or not all(isinstance(one, Mapping) and one and set(one) <= KEYS for one in listed):
        raise ConfigError(
            f"{origin}: {rule} needs entries, each with some of {', '.join(sorted(KEYS))}",
            hint="see docs/reference/lint.md",
        )
    return [{str(key): str(value) for key, value in one.items()} for one in listed]


def _problems(given: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    for rule, said in given.items():
        if rule not in RULES:
            yield Finding("exclusion-unknown", {"exclusion": rule}, "there is no such rule")
        if not str(said.get("reason") or "").strip():
            yield Finding("exclusion-reason", {"exclusion": rule}, "gives no reason")
