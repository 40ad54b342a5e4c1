"""What the pages show: the list by urgency, filters, history, one incident, and nothing that a stranger may run."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, timedelta

import pytest
from paging import tell

from fraiseql_observe.incident.model import Actor
from fraiseql_observe.web.console import assets, filters

KIM = Actor("kim", "console")
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&{{7*7}}"
ROW = re.compile(r'<li class="row incident ([a-z ]+)" id="(inc_\w+)"')
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}


def rows(text: str) -> list[str]:
    return [found[1] for found in ROW.findall(text)]


async def test_the_list_is_by_urgency(kim, manager) -> None:
    info = await tell(manager, "Slow", "info")
    acknowledged = await tell(manager, "Errors", "critical")
    await manager.acknowledge_alert(acknowledged.id, KIM)
    warning = await tell(manager, "Lag", "warning")
    critical = await tell(manager, "Full", "critical")
    page = await kim.get("/")
    assert rows(page.text) == [critical.id, warning.id, info.id, acknowledged.id]
    assert "<title>(3) Incidents" in page.text
    assert "by kim" in page.text


async def test_nothing_is_wrong(kim) -> None:
    assert "All quiet" in (await kim.get("/")).text
    assert "No incident was resolved" in (await kim.get("/history")).text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("severity=critical", {"Full"}),
        ("severity=critical&severity=warning", {"Full", "Lag"}),
        ("text=LAG", {"Lag"}),
        ("labels=team%3D%22core%22", {"Full"}),
        ("labels=team%3Dcore,service%3Dother", set()),
        ("state=acknowledged", {"Lag"}),
        ("state=firing", {"Full"}),
    ],
)
async def test_filters(kim, manager, query: str, found: set[str]) -> None:
    full = await tell(manager, "Full", "critical", team="core")
    lag = await tell(manager, "Lag", "warning")
    await manager.acknowledge_alert(lag.id, KIM)
    names = {full.id: "Full", lag.id: "Lag"}
    page = await kim.get(f"/?{query}")
    assert {names[row] for row in rows(page.text)} == found
    if not found:
        assert "Nothing matches these filters" in page.text


async def test_a_filter_that_cannot_be_is_explained(kim) -> None:
    page = await kim.get("/?labels=team~core")
    assert page.status == 200
    assert "is not a label" in page.text


@pytest.mark.parametrize("size", [1, 2, 3, 4])
async def test_a_long_list_has_pages(kim, manager, monkeypatch, size: int) -> None:
    monkeypatch.setattr(filters, "PAGE", size)
    told = [await tell(manager, f"Alert{number}", ("critical", "warning")[number % 2]) for number in range(5)]
    seen, path = [], "/"
    while path:
        page = await kim.get(path)
        seen += rows(page.text)
        more = re.search(r'class="more"><a href="([^"]+)"', page.text)
        path = more[1].replace("&amp;", "&") if more else ""
    assert len(seen) == 5
    assert set(seen) == {incident.id for incident in told}
    assert seen[:3] == [told[4].id, told[2].id, told[0].id]


async def test_history_with_its_times(kim, manager, clock) -> None:
    incident = await tell(manager, "Full")
    clock.offset += timedelta(minutes=5)
    await manager.acknowledge_alert(incident.id, KIM)
    clock.offset += timedelta(minutes=5)
    await manager.resolve_alert(incident.id, KIM)
    page = await kim.get("/history")
    assert rows(page.text) == [incident.id]
    assert re.search(r"Mean time to acknowledge</dt><dd>5 min", page.text)
    assert re.search(r"Mean time to resolve</dt><dd>10 min", page.text)
    clock.offset += timedelta(days=2)
    await kim.log_in("fqo_writer")
    assert rows((await kim.get("/history?period=day")).text) == []


async def test_one_incident_shows_where_to_look(kim, manager) -> None:
    said = {"runbook_url": "https://example.com/runbook", "dashboard_url": "https://example.com/dashboard"}
    incident = await tell(manager, "Full", count=3, annotations=said)
    page = await kim.get(f"/incidents/{incident.id}")
    assert '<a href="https://example.com/runbook" rel="noopener noreferrer">Runbook</a>' in page.text
    assert '<a href="https://example.com/dashboard" rel="noopener noreferrer">Dashboard</a>' in page.text
    assert ">Expression</a>" in page.text
    assert ">Alertmanager</a>" in page.text
    assert "3 of 3 firing" in page.text
    assert page.text.count("<details id=") == 3
    assert "instance</b>app-2:8000" in page.text


async def test_an_alerts_own_advice_and_earlier_incidents_are_at_hand(kim, manager, clock) -> None:
    earlier = await tell(manager, "Full", service="a")
    await manager.resolve_alert(earlier.id, KIM)
    clock.offset += timedelta(hours=3)
    said = {"runbook_actions": "Free some `<space>`\nCall `storage"}
    incident = await tell(manager, "Full", service="a", since=datetime.now(UTC), annotations=said)
    text = (await kim.get(f"/incidents/{incident.id}")).text
    assert "<li>Free some <code>&lt;space&gt;</code></li><li>Call `storage</li>" in text
    assert re.search(rf'Before</dt><dd><a href="/incidents/{earlier.id}"><time [^>]*>3 h</time> ago', text)
    await manager.resolve_alert(incident.id, KIM)
    assert "What to do" not in (await kim.get(f"/incidents/{incident.id}")).text


async def test_what_strangers_write_stays_text(kim, manager) -> None:
    annotations = {"summary": HOSTILE, "runbook_url": "javascript:alert(1)", "description": HOSTILE}
    incident = await tell(manager, "Full", annotations=annotations, service=HOSTILE)
    await manager.comment(incident.id, Actor(HOSTILE, "console"), HOSTILE)
    for path in (f"/incidents/{incident.id}", "/", f"/?text={HOSTILE}", f"/?labels={HOSTILE}"):
        text = (await kim.get(path)).text
        assert "<script>alert" not in text
        assert "<img" not in text
        assert 'href="javascript:' not in text
        assert "{{7*7}}" in text or path == "/?labels=" + HOSTILE


async def test_only_known_notices_are_said(kim) -> None:
    kim.client.session.cookie_jar.update_cookies({"fqo_notice": "<b>phished</b>"})
    assert "phished" not in (await kim.get("/")).text


async def test_every_page_forbids_foreign_scripts_and_frames(kim) -> None:
    for path in ("/", "/history", "/dead-letters", "/maintenance", "/destinations", "/incidents/none", "/login"):
        headers = (await kim.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/history", "/maintenance", "/destinations", "/dead-letters"])
async def test_no_page_carries_scripts_or_styles_of_its_own(kim, manager, path: str) -> None:
    await tell(manager, "Full")
    text = (await kim.get(path)).text
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=", text)


async def test_a_live_page_gets_only_what_changes(kim, manager) -> None:
    incident = await tell(manager, "Full")
    for path in ("/", f"/incidents/{incident.id}", "/dead-letters", "/destinations"):
        text = (await kim.get(path, **PART)).text
        assert "<html" not in text
        assert "hx-get=" in text
        assert 'id="tally"' in text
    assert "<title>(1) Incidents" in (await kim.get("/", **PART)).text


async def test_the_first_page_is_small(kim, manager) -> None:
    for number in range(30):
        await manager.accept(_body(number), "alertmanager")
    await tell(manager, "Last")
    async with kim.client.get("/", headers={"Accept-Encoding": "gzip"}, auto_decompress=False) as answer:
        page = len(await answer.read())
    loaded = sum(len(asset.compressed) for name, asset in assets.assets().items() if name != "icon.svg")
    assert page + loaded < 50_000
    assert len(assets.assets()["console.css"].body) < 15_000


def _body(number: int) -> bytes:
    from paging import webhook  # noqa: PLC0415 - only here

    return webhook(f"Alert{number}", ("critical", "warning", "info")[number % 3], service=f"service-{number}")


async def test_assets_are_kept_by_browsers_until_they_change(kim) -> None:
    address = assets.address("console.css")
    page = await kim.get(address)
    assert page.status == 200
    assert "immutable" in page.headers["Cache-Control"]
    assert page.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" not in (await kim.get("/assets/older/console.css")).headers["Cache-Control"]
    assert (await kim.get("/assets/x/none.css")).status == 404
    assert (await kim.get("/assets/x/..%2fview.py")).status == 404
    assert gzip.decompress(assets.assets()["console.css"].compressed) == assets.assets()["console.css"].body
    async with kim.client.get(address, headers={"Accept-Encoding": "identity"}) as answer:
        assert "Content-Encoding" not in answer.headers


async def test_times_are_for_people_and_for_machines(kim, manager) -> None:
    incident = await tell(manager, "Full")
    opened = incident.opened_at.astimezone(UTC)
    text = (await kim.get(f"/incidents/{incident.id}")).text
    assert f'<time datetime="{opened:%Y-%m-%dT%H:%M:%SZ}">{opened:%b %d %H:%M:%S} UTC</time>' in text
    assert datetime.now(UTC) - opened < timedelta(minutes=1)


@pytest.mark.parametrize("path", ["/incident/inc_1", "/nothing.php"])
async def test_an_address_where_nothing_is_shows_a_page_in_a_browser_only(kim, visit, path):
    page = await kim.get(path, Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "There is nothing at this address." in page.text
    assert "Log out" in page.text
    stranger = await (await visit()).get(path, Accept="text/html")
    assert (stranger.status, "Log out" in stranger.text) == (404, False)
    assert (await kim.get(path)).headers["Content-Type"].startswith("application/json")


async def test_nothing_that_somebody_writes_turns_a_page_around_or_hides(kim, manager):
    hidden = "pay\u202eme\u2066\u200b\x1b[31m\u2028"
    incident = await tell(manager, f"Alert {hidden}", "critical", team=hidden)
    await manager.comment(incident.id, Actor(f"Kim{hidden}", "console"), f"One {hidden}\nTwo")
    pages = [await kim.get("/"), await kim.get(f"/incidents/{incident.id}")]
    for page in pages:
        assert "payme[31m" in page.text
        assert not set(page.text) & set("\u202e\u2066\u200b\x1b\u2028")
    assert "One payme[31m\nTwo" in pages[1].text
