"""Who gets in, who stays in, and who does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from paging import tell

from fraiseql_observe.web.console import session

PAGES = ("/", "/history", "/dead-letters", "/maintenance", "/destinations", "/incidents/inc_1", "/live")


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_asks_who_is_there(visit, path: str) -> None:
    page = await (await visit()).get(path)
    assert page.status == 200
    assert page.url.startswith("/login?next=")
    assert 'type="password"' in page.text


async def test_after_the_login_one_is_where_one_wanted_to_be(visit, manager) -> None:
    incident = await tell(manager, "DiskFull")
    person = await visit()
    page = await person.get(f"/incidents/{incident.id}?x=1")
    page = await person.log_in("fqo_writer", next=f"/incidents/{incident.id}")
    assert page.url == f"/incidents/{incident.id}"
    assert "DiskFull" in page.text


async def test_the_login_leads_to_no_other_host(visit) -> None:
    page = await (await visit()).log_in("fqo_writer", next="https://evil.example/")
    assert page.url == "/"


@pytest.mark.parametrize("token", ["", "fqo_wrong", "x" * 600, "fqo_é", "fqo_\0"])
async def test_a_wrong_token_stays_outside(visit, token: str) -> None:
    person = await visit()
    page = await person.log_in(token)
    assert page.status == 401
    assert 'role="alert"' in page.text
    assert (await person.get("/")).url.startswith("/login")


async def test_a_form_of_nobody_leads_to_the_login_and_not_back_to_itself(visit) -> None:
    assert (await (await visit()).send("/incidents/inc_1/acknowledge")).url == "/login"


async def test_a_token_for_sending_alerts_may_not_look(visit) -> None:
    page = await (await visit()).log_in("fqo_sender")
    assert page.status == 401
    assert "alerts:read" in page.text


async def test_guessing_is_slowed_down_also_for_the_right_token(visit, clock) -> None:
    person = await visit()
    for _ in range(5):
        assert (await person.log_in("fqo_wrong")).status == 401
    page = await person.log_in("fqo_writer")
    assert page.status == 429
    assert int(page.headers["Retry-After"]) > 0
    clock.offset += timedelta(minutes=1)
    assert (await person.log_in("fqo_writer")).url == "/"


async def test_the_cookie_is_kept_from_scripts_and_other_sites(visit) -> None:
    person = await visit()
    async with person.client.post("/login", data={"token": "fqo_writer"}, allow_redirects=False) as answer:
        cookie = answer.cookies["fqo_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert int(cookie["max-age"]) == session.LIFETIME.total_seconds()
    assert not cookie["secure"]
    assert "fqo_writer" not in cookie.value


async def test_behind_https_the_cookie_is_for_this_host_and_https_alone(visit, settings) -> None:
    secure = replace(settings, server=replace(settings.server, public_url="https://observe.example.com"))
    person = await visit(using=secure)
    async with person.client.post("/login", data={"token": "fqo_writer"}, allow_redirects=False) as answer:
        assert answer.cookies["__Host-fqo_session"]["secure"]


async def test_below_a_path_all_links_begin_with_it(visit, settings) -> None:
    below = replace(settings, server=replace(settings.server, public_url="http://example.com/alerts"))
    person = await visit(using=below)
    async with person.client.get("/history", allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/alerts/login?next=%2Fhistory"


async def test_a_session_ends_by_itself(kim, clock) -> None:
    assert (await kim.get("/")).url == "/"
    clock.offset += session.LIFETIME
    assert (await kim.get("/")).url.startswith("/login")


async def test_a_session_ends_with_its_token(kim, manager) -> None:
    without = {name: token for name, token in manager.settings.auth.tokens.items() if name != "kim"}
    manager.settings = replace(manager.settings, auth=replace(manager.settings.auth, tokens=without))
    assert (await kim.get("/")).url.startswith("/login")


async def test_a_live_page_is_sent_to_the_login_as_a_whole(visit) -> None:
    person = await visit()
    current = "http://127.0.0.1/history?severity=critical"
    page = await person.get("/history", **{"HX-Request": "true", "HX-Current-URL": current})
    assert page.headers["HX-Redirect"] == "/login?next=%2Fhistory%3Fseverity%3Dcritical"


async def test_an_address_that_is_none_leads_to_the_list(visit) -> None:
    page = await (await visit()).get("/history", **{"HX-Request": "true", "HX-Current-URL": "http://["})
    assert page.headers["HX-Redirect"] == "/login?next="


async def test_logging_out(kim) -> None:
    await kim.get("/")
    assert (await kim.send("/logout")).url == "/login"
    assert (await kim.get("/")).url.startswith("/login")


async def test_who_is_logged_in_needs_no_login(kim) -> None:
    assert (await kim.get("/login?next=/history")).url == "/history"


async def test_a_forged_cookie_is_nobodys(visit) -> None:
    person = await visit()
    person.client.session.cookie_jar.update_cookies({"fqo_session": "W10.forged"})
    assert (await person.get("/")).url.startswith("/login")


async def test_another_site_cannot_log_one_in(visit) -> None:
    person = await visit()
    person.headers = {"Origin": "https://evil.example"}
    assert (await person.log_in("fqo_reader")).status == 403
