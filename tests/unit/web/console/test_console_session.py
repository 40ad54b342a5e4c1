"""A session's cookie and its forms: whole, forged, damaged, over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraiseql_observe.web.console import session
from fraiseql_observe.web.principal import Principal, Scope

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY, OTHER = b"k" * 32, b"o" * 32
KIM = Principal("kim", frozenset({Scope.READ, Scope.WRITE}), "tok_1")


def opened() -> session.Session:
    return session.open_session(KIM, NOW, "nonce")


def test_a_cookie_gives_back_who_logged_in() -> None:
    found = session.unseal(session.seal(opened(), KEY), KEY, NOW)
    assert found == opened()


@given(name=st.text(max_size=50))
def test_any_name_survives_the_cookie(name: str) -> None:
    who = session.open_session(Principal(name.encode(errors="replace").decode(), frozenset()), NOW, "n")
    assert session.unseal(session.seal(who, KEY), KEY, NOW) == who


def test_a_session_ends_by_itself() -> None:
    cookie = session.seal(opened(), KEY)
    assert session.unseal(cookie, KEY, NOW + session.LIFETIME - timedelta(seconds=1)) is not None
    assert session.unseal(cookie, KEY, NOW + session.LIFETIME) is None


def test_a_cookie_signed_with_another_key_is_nobodys() -> None:
    assert session.unseal(session.seal(opened(), OTHER), KEY, NOW) is None


@pytest.mark.parametrize("cookie", ["", ".", "a.b", "é.ü", "\ud800.x", "a" * 5000, "a.b.c"])
def test_garbage_is_nobodys(cookie: str) -> None:
    assert session.unseal(cookie, KEY, NOW) is None


@given(st.data())
def test_no_character_of_a_cookie_may_change(data: st.DataObject) -> None:
    cookie = session.seal(opened(), KEY)
    at = data.draw(st.integers(0, len(cookie) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda char: char != cookie[at]))
    changed = cookie[:at] + other + cookie[at + 1 :]
    found = session.unseal(changed, KEY, NOW)
    assert found is None


def test_a_form_token_belongs_to_its_session_alone() -> None:
    token = session.form_token(opened(), KEY, "salt")
    later = session.open_session(KIM, NOW, "another nonce")
    assert session.form_token_is_ours(token, opened(), KEY)
    assert not session.form_token_is_ours(token, later, KEY)
    assert not session.form_token_is_ours(token, opened(), OTHER)
    assert not session.form_token_is_ours("", opened(), KEY)
    assert not session.form_token_is_ours(token.replace("salt", "pepper"), opened(), KEY)


def test_two_pages_carry_different_form_tokens() -> None:
    assert session.form_token(opened(), KEY, "a") != session.form_token(opened(), KEY, "b")


def test_a_session_cookie_is_no_form_token() -> None:
    assert not session.form_token_is_ours(session.seal(opened(), KEY), opened(), KEY)
