"""What Alertmanager sends is shown once for each change; anything else is refused."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from fraiseql_observe.demo.notifications import LARGEST, Notification, NotificationReceiver, read
from fraiseql_observe.demo.servers.server import free_port


def body(*alerts):
    return json.dumps({"version": "4", "alerts": list(alerts)}).encode()


def alert(name="FraiseQLDatabaseDown", status="firing"):
    return {
        "status": status,
        "labels": {"alertname": name, "severity": "critical"},
        "annotations": {"summary": "Gone."},
    }


TOKEN = "the-token"
DOWN = Notification("firing", "FraiseQLDatabaseDown", "critical", "Gone.")


def test_the_watchdog_is_left_out():
    assert read(body(alert("FraiseQLWatchdog"), alert())) == [DOWN]


@pytest.mark.parametrize(
    "nonsense", [b"", b"{", b"[]", b"{}", b'{"alerts": [1]}', b'{"alerts": [{"labels": {}}]}', b"null"]
)
def test_nonsense_is_no_notification(nonsense):
    with pytest.raises(ValueError):
        read(nonsense)


@pytest.fixture
def told():
    return []


@pytest.fixture
def receiver(told):
    with NotificationReceiver(free_port(), TOKEN, told.append) as running:
        yield running


def post(receiver, data, *, token=TOKEN, **headers):
    headers |= {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(receiver.url, data, headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def test_each_change_is_told_once(receiver, told):
    for status in ("firing", "firing", "resolved", "resolved", "firing"):
        assert post(receiver, body(alert(status=status))) == 200
    assert [one.status for one in told] == ["firing", "resolved", "firing"]


def test_bad_bodies_are_refused(receiver, told):
    assert post(receiver, b"{") == 400
    assert post(receiver, b"") == 413
    assert post(receiver, b"{}", **{"Content-Length": str(LARGEST + 1)}) == 413
    assert post(receiver, body(alert()), token="another") == 401
    assert told == []
