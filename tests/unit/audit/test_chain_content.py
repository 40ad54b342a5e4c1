"""Hashes and signatures as FraiseQL's functions compute them in PostgreSQL; the expected ones come from there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fraiseql_observe.audit.chain import content
from fraiseql_observe.audit.chain.model import Row

AT = datetime(2024, 3, 4, 12, 0, 0, 500_000, tzinfo=UTC)
# generate_event_hash() of 002, in a session of Asia/Kathmandu, for a row that begins a chain
KATHMANDU = "8a40f1992c07362032d0c637514a37f0c4e3e7222687c54c2d73b35fc8a0974f"
UNIFIED = Row(
    "row",
    AT,
    "00000000-0000-0000-0000-000000000001",
    "",
    KATHMANDU,
    "",
    0,
    (
        "[]",
        '{"b": 1.50, "aa": "\u00e9\\n"}',
        "null",
        "null",
        '"00000000-0000-0000-0000-000000000001"',
        "",
        '"post"',
        '["a\\"b", null]',
        '"UPDATE"',
        "null",
    ),
    ("user", None),
)


def event(row_hash, data='{"n": 1}'):
    return Row("row", AT, "", "ab", row_hash, "", 0, (data, '"x"'), ())


def test_the_hash_of_a_unified_row_is_found_in_the_zone_that_it_was_written_in():
    recipe = content.UnifiedRecipe()
    assert recipe.zone_of(UNIFIED) == timedelta(hours=5, minutes=45)
    assert recipe.zone_of(UNIFIED) == timedelta(hours=5, minutes=45)  # tried first, now
    assert recipe.zone_of(replace(UNIFIED, at=AT + timedelta(microseconds=1))) is None


def test_the_hash_of_an_event():
    known = "b972513a51ead9ff707d7f4c6af8ea60e590713c8a02f0b450e017ccfd26380b"  # generate_event_hash() of 001
    recipe = content.EventRecipe()
    assert recipe.zone_of(event(known)) == timedelta()
    assert recipe.zone_of(event(known, '{"n": 2}')) is None


@pytest.mark.parametrize(
    ("offset", "written"),
    [
        (timedelta(), "2024-03-04 12:00:00.5+00"),
        (timedelta(hours=-3, minutes=-30), "2024-03-04 08:30:00.5-03:30"),
        (timedelta(hours=14), "2024-03-05 02:00:00.5+14"),
    ],
)
def test_a_time_is_written_as_postgresql_does(offset, written):
    assert content.timestamp(AT, offset) == written


def test_a_whole_second_and_an_early_year():
    assert content.timestamp(datetime(33, 4, 3, tzinfo=UTC), timedelta()) == "0033-04-03 00:00:00+00"


def test_a_signature_is_that_of_any_key():
    # of 'abc' with the key 'k\u00e9y', by pgcrypto
    made = "b70f19735cb182f0daa35bfa71cb995781b1771707462446abfe68d9d1421c30"
    row = replace(UNIFIED, hash="abc", signature=made)
    assert content.signed(row, [b"another", "k\u00e9y".encode()])
    assert not content.signed(row, [b"another"])
    assert not content.signed(replace(row, signature="\u00e9"), ["k\u00e9y".encode()])


def test_a_digest_covers_every_column_and_the_order_of_rows():
    other = replace(UNIFIED, id="other")
    changes = [
        {"id": "x"}, {"at": AT + timedelta(seconds=1)}, {"tenant": "x"}, {"previous": "x"}, {"hash": "x"},
        {"signature": "x"}, {"content": ("x",)}, {"others": ("user", "")}, {"others": (None, "user")},
    ]  # fmt: skip
    digests = {content.sealed("", replace(UNIFIED, **change)) for change in [{}, *changes]}
    assert len(digests) == len(changes) + 1
    assert content.sealed(content.sealed("", UNIFIED), other) != content.sealed(content.sealed("", other), UNIFIED)
