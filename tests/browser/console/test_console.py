"""The console in a real Chromium: each test is named after the scenario of `drive.mjs` that it judges."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(300)

Seen = dict[str, Any]
KILOBYTES = 50


def test_keyboard(saw: Seen) -> None:
    """Log in, skip to the content, acknowledge, go on: no mouse, and the focus is never lost."""
    assert saw["first"] == "Skip to the content"
    assert all(stop["outlined"] for stop in saw["visited"])
    assert saw["visited"][-1]["label"].startswith("Acknowledge ")
    assert saw["after"]["address"] == "/"
    assert saw["after"]["notice"] == "Acknowledged. Escalation rests."
    assert "acknowledged by kim" in saw["after"]["row"]
    assert saw["after"]["focus"]
    assert saw["next"]
    assert saw["search"] == "text"


def test_live(saw: Seen) -> None:
    """A new incident is announced without a reload, and nothing moves under the pointer until it is asked for."""
    assert saw["held"] == saw["before"]
    assert saw["news"] == "1 new incident: show"
    assert saw["shifted"]["value"] == 0, saw["shifted"]["sources"]
    assert "no longer in this list" in saw["gone"]
    assert saw["same"], "the page was loaded again"


def test_idle(saw: Seen) -> None:
    """Where nobody touches anything, the list is laid anew by itself."""
    assert saw["shown"]


def test_offline(saw: Seen) -> None:
    """A page that no longer hears from the server says so, and keeps what it shows."""
    assert saw["notice"].startswith("No answer since ")
    assert saw["rows"] > 0


def test_survives(saw: Seen) -> None:
    """An update leaves alone what is open, written and focused."""
    assert saw["open"]
    assert (saw["text"], saw["focus"], saw["caret"]) == ("half a sent", "comment", len("half a sent"))
    assert "from elsewhere" in saw["timeline"]


def test_filters(saw: Seen) -> None:
    assert saw["typed"]["rows"] == saw["again"] == 1 < saw["all"]
    assert saw["typed"]["focus"] == "text"
    assert saw["typed"]["address"].endswith("/?text=latency")
    assert saw["chosen"] == ["info"]


def test_noscript(saw: Seen) -> None:
    """Everything works without JavaScript."""
    assert "text=HighLatency" in saw["filtered"]
    assert "text=HighLatency" in saw["acknowledged"]["address"]
    assert "acknowledged by kim" in saw["acknowledged"]["row"]
    assert "Acknowledged" in saw["acknowledged"]["notice"]
    assert "Snoozed until" in saw["snoozed"]
    assert "without scripts" in saw["timeline"]
    assert saw["replayed"] == "It will be sent again now."


def test_phone(saw: Seen) -> None:
    """The first page is light, every target is as big as a finger, and nothing sticks out."""
    assert 0 < saw["loaded"] < KILOBYTES * 1000
    assert saw["small"] == []
    assert saw["wide"] == []


def test_hostile(saw: Seen) -> None:
    """What strangers wrote stays text and within the page."""
    assert max(saw["widths"]) <= 390
    assert saw["title"].startswith("<script>")
    assert saw["images"] == 0


def test_link(saw: Seen) -> None:
    assert "Nothing has been done yet" in saw["asked"]
    assert "Done." in saw["done"]
    assert "acknowledged by Robin" in saw["done"]
    assert "not one of ours" in saw["forged"]


def test_guest(saw: Seen) -> None:
    assert saw["buttons"] == []


def test_accessible(saw: Seen) -> None:
    """WCAG 2.2 AA as far as axe-core knows, light and dark."""
    assert saw["checks"] > 200
    assert saw["violations"] == []


def test_pictures(saw: Seen, report: Seen) -> None:
    sizes = {"list": (1280, 800), "phone": (780, 1688), "dark": (1280, 1000)}
    for name, size in sizes.items():
        png = (Path(report["folder"]) / f"console-{name}.png").read_bytes()
        assert struct.unpack(">II", png[16:24]) == size


def test_the_browser_has_nothing_to_complain_about(report: Seen) -> None:
    """No error of a script, and nothing that the pages' own policy refused."""
    assert report["complaints"] == []
