"""What a rule is, and the table of all of them.

A rule is a pure function from one subject to sentences that say what is wrong. Its name is its id, its docstring its
documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

Check = TypeVar("Check", bound=Callable[[Any], Iterable[str]])


@dataclass(frozen=True)
class Finding:
    """One thing that breaks a rule.

    Args:
        rule: the rule's id.
        where: dashboard, panel and target, or group and alert or record: as an exclusion names them.
        message: what is wrong, one sentence.
    """

    rule: str
    where: Mapping[str, str]
    message: str

    def __str__(self) -> str:
        place = " / ".join(self.where.values())
        return f"{place}: {self.message} [{self.rule}]"


@dataclass(frozen=True)
class Rule:
    """One rule.

    Args:
        id: as findings and exclusions name it.
        family: the module it stands in.
        subject: the type it looks at.
        check: gives a sentence for each thing that is wrong.
        about: what it asks, and why.
    """

    id: str
    family: str
    subject: type
    check: Callable[[Any], Iterable[str]]
    about: str


RULES: dict[str, Rule] = {}


def rule(subject: type) -> Callable[[Check], Check]:
    """Register a check of one subject."""

    def register(check: Check) -> Check:
        name = check.__name__.replace("_", "-")
        family = check.__module__.rpartition(".")[2]
        RULES[name] = Rule(name, family, subject, check, " ".join((check.__doc__ or "").split()))
        return check

    return register


def findings(subjects: Iterable[Any]) -> list[Finding]:
    """What every rule has to say about every subject."""
    by_type: dict[type, list[Rule]] = {}
    for known in RULES.values():
        by_type.setdefault(known.subject, []).append(known)
    return [
        Finding(known.id, subject.where, message)
        for subject in subjects
        for known in by_type.get(type(subject), [])
        for message in known.check(subject)
    ]
