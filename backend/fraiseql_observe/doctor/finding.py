"""What was found, and what to do about it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

HIDDEN = "(hidden)"
_SHORTEST = 4  # characters: shorter ones stand in ordinary words


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"  # it works, but less well than the user may expect
    WRONG = "wrong"
    SKIPPED = "skipped"  # there is nothing to look at


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `advice` is what mends it, empty when there is nothing to mend."""

    subject: str
    level: Level
    found: str
    advice: str = ""

    def as_json(self) -> dict[str, str]:
        return {"subject": self.subject, "level": self.level.value, "found": self.found, "advice": self.advice}


def ok(subject: str, found: str) -> Finding:
    return Finding(subject, Level.OK, found)


def note(subject: str, found: str, advice: str = "") -> Finding:
    return Finding(subject, Level.NOTE, found, advice)


def wrong(subject: str, found: str, advice: str = "") -> Finding:
    return Finding(subject, Level.WRONG, found, advice)


def skipped(subject: str, found: str, advice: str = "") -> Finding:
    return Finding(subject, Level.SKIPPED, found, advice)


def sound(findings: Iterable[Finding]) -> bool:
    """Whether nothing is wrong."""
    return all(one.level is not Level.WRONG for one in findings)


def without(secrets: Collection[str], finding: Finding) -> Finding:
    """The finding, and none of the secrets in it; the last wall, for the sentences should hold none."""
    found, advice = finding.found, finding.advice
    for secret in sorted(secrets, key=len, reverse=True):
        found, advice = found.replace(secret, HIDDEN), advice.replace(secret, HIDDEN)
    return replace(finding, found=found, advice=advice)


def secrets_in(secrets: Iterable[str], urls: Iterable[str]) -> set[str]:
    """What nobody may see: secrets whole and in their lines, and the passwords of secrets and URLs, decoded too."""
    secrets = list(secrets)
    passwords = [password for password in map(_password, [*secrets, *urls]) if password]
    found = {*secrets, *(line for each in secrets for line in each.split()), *passwords, *map(unquote, passwords)}
    return {each for each in found if len(each) >= _SHORTEST}


def _password(url: str) -> str | None:
    try:
        return urlsplit(url).password
    except ValueError:
        return None
