"""Waiting for data: until everything is there, until patience ends, or until something dies."""

from __future__ import annotations

import pytest

pytest.importorskip("jwt")

from fraiseql_observe.demo import feeding
from fraiseql_observe.errors import DemoError, VerifyError
from fraiseql_observe.verify import Report, Result, Status

FED = Report(1, (Result("d", "p", 0, "A", Status.DATA),))
HUNGRY = Report(1, (Result("d", "p", 0, "A", Status.MISSING),))


class Healthy:
    def check(self):
        """Nothing has died."""


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(feeding, "FIRST_LOOK", 0)
    monkeypatch.setattr(feeding, "BETWEEN_LOOKS", 0)


def looks(monkeypatch, *found):
    found = list(found)

    def look(_stack, _rendered):
        one = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(one, Exception):
            raise one
        return one

    monkeypatch.setattr(feeding, "look", look)


def test_it_waits_until_nothing_is_missing(monkeypatch):
    looks(monkeypatch, VerifyError("not yet"), HUNGRY, FED)
    said = []
    assert feeding.wait_until_fed(Healthy(), None, said.append) is FED
    assert said == ["0 of 1 queries have data, waiting for the others"]


def test_patience_ends(monkeypatch):
    monkeypatch.setattr(feeding, "PATIENCE", -1)
    looks(monkeypatch, HUNGRY)
    assert feeding.wait_until_fed(Healthy(), None, print) is HUNGRY
    looks(monkeypatch, VerifyError("never"))
    with pytest.raises(VerifyError):
        feeding.wait_until_fed(Healthy(), None, print)


def test_a_death_ends_the_wait(monkeypatch):
    class Dead:
        def check(self):
            raise DemoError("gone")

    monkeypatch.setattr(feeding, "FIRST_LOOK", 1)
    with pytest.raises(DemoError, match="gone"):
        feeding.wait_until_fed(Dead(), None, print)
