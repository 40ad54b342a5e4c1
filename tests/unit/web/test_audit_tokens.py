"""What tokens with audit scopes and tenants may do, and the log of what they did."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from fraiseql_observe.config.load import load
from fraiseql_observe.errors import ConfigError, StoreError
from fraiseql_observe.telemetry import Telemetry
from fraiseql_observe.web import access_log, token_admin
from fraiseql_observe.web.access import Access
from fraiseql_observe.web.access_log import AccessLog
from fraiseql_observe.web.principal import Scope, principal
from fraiseql_observe.web.settings_check import problems

QUESTION = SimpleNamespace


@pytest.mark.parametrize(
    ("scopes", "route", "asks"),
    [
        (("audit:read",), True, {"a": True, "b": True}),
        (("audit:read:a",), True, {"a": True, "b": False}),
        (("audit:read:a", "audit:read:b"), True, {"a": True, "b": True}),
        (("admin",), True, {"a": True, "b": True}),
        (("alerts:write",), False, {"a": False}),
        (("audit:read:", "audit:read:A", "audit:readx", "audit:read:a b"), False, {"": False, "A": False}),
    ],
)
def test_scopes_of_questions(scopes, route, asks):
    who = principal("x", scopes, "tok")
    assert who.may(Scope.AUDIT) is route
    assert {name: who.may_ask(QUESTION(name=name, scope="audit:read")) for name in asks} == asks
    assert who.may_ask(QUESTION(name="a", scope="admin")) is (scopes == ("admin",))
    assert who.may(Scope.READ) is (scopes[0] in ("admin", "alerts:write"))


async def test_a_token_for_tenants(manager, clock):
    _, secret = await token_admin.create(
        manager.engine, "acme", ["audit:read"], "x", clock(), None, ["acme", "acme", "globex"]
    )
    who = await Access(manager).principal(secret)
    assert who.tenants == ("acme", "globex")
    with pytest.raises(ConfigError, match="audit scopes only"):
        await token_admin.create(manager.engine, "b", ["audit:read", "alerts:read"], "x", clock(), None, ["acme"])
    with pytest.raises(ConfigError, match="cannot hold"):
        await token_admin.create(manager.engine, "b", ["audit:read:tenants"], "x", clock(), None, ["(none)"])


async def test_over_http(api):
    made = await api("POST", "/tokens", {"name": "acme", "scopes": ["audit:read:tenants"], "tenants": ["acme"]})
    assert (made.status, made.body["tenants"]) == (201, ["acme"])
    refused = await api("POST", "/tokens", {"name": "b", "scopes": ["admin"], "tenants": ["acme"]})
    assert (refused.status, refused.body["error"]) == (400, "tenants: are for tokens with audit scopes only")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "auth: {tokens: {a: {token: fqo_0123456789abcdef, scopes: [admin], tenants: [acme]}}}",
            "auth.tokens.a.tenants: are for tokens with audit scopes only",
        ),
        ("auth: {tokens: {a: {token: fqo_0123456789abcdef, scopes: ['audit:read:']}}}", "auth.tokens.a.scopes"),
        ("audit: {url: postgresql://x/y, questions: none}", "audit.questions: none is no folder"),
        ("audit: {url: postgresql://x/y, statement_timeout: 30s}", "audit.statement_timeout: must be less than server"),
        ("audit: {questions: none}", "audit.questions: are asked of a database"),
    ],
)
def test_settings_that_do_not_fit(tmp_path, text, said):
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(ConfigError) as refused:
        load(tmp_path / "c.yaml", {}, problems)
    assert said in refused.value.message


def test_a_question_file_that_is_wrong_stops_the_start_with_file_and_line(tmp_path):
    (tmp_path / "bad.sql").write_text("-- ---\n-- title: x\n-- ---\n")
    (tmp_path / "c.yaml").write_text(f"audit: {{url: postgresql://x/y, questions: {tmp_path}}}")
    with pytest.raises(ConfigError, match=r"audit\.questions: .*/bad\.sql:1: 'description' is missing"):
        load(tmp_path / "c.yaml", {}, problems)


class Engine:
    """An engine that takes rows only when it is told to."""

    def __init__(self):
        self.works, self.rows, self.pruned = True, [], 0

    async def append(self, statement, rows):
        del statement
        if not self.works:
            raise StoreError("The disk is full.")
        self.rows += rows

    async def write(self, work):
        del work
        self.pruned += 1
        raise StoreError("Not now.")


@pytest.fixture
def entry(monkeypatch):
    monkeypatch.setattr(access_log.audit_access, "row", lambda one: one.number)
    return lambda number: SimpleNamespace(number=number)


async def test_entries_wait_for_a_store_that_comes_back(entry, monkeypatch, caplog):
    monkeypatch.setattr(access_log, "MOST_WAITING", 3)
    telemetry, engine = Telemetry(), Engine()
    log = AccessLog(engine, telemetry, 1000)
    engine.works = False
    for number in range(3):
        log.note(entry(number))
    await log.flush()
    assert "could not be written: The disk is full." in caplog.text
    log.note(entry(3))
    assert telemetry.registry.get_sample_value("fraiseql_observe_audit_access_dropped_total") == 1
    engine.works = True
    await log.flush()
    assert engine.rows == [1, 2, 3]
    assert engine.pruned == 1
    assert "could not be removed: Not now." in caplog.text
