"""Any text for any parameter of any type: a reason, or an answer of PostgreSQL; never an error of PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from proxied import GIVEN, made, reading

from fraiseql_observe.audit.values import Bounds, read
from fraiseql_observe.errors import AskError

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
QUESTION = made(
    """select :from::timestamptz as a, :to::timestamptz - :bucket::interval as b,
              date_bin(:bucket::interval, :to::timestamptz, :from::timestamptz) as c,
              cardinality(:tenants::text[]) as d, :word::text as e, :whole::integer as f, :big::bigint as g,
              :part::double precision as h, :truth::boolean as i""",
    "a: time, b: time, c: time, d: number, e: string, f: number, g: number, h: number, i: boolean",
    parameters="""from: {type: timestamptz}
to: {type: timestamptz}
bucket: {type: interval}
tenants: {type: "text[]"}
word: {type: text, default: x}
whole: {type: integer, default: 1}
big: {type: bigint, default: 1}
part: {type: double precision, default: 1}
truth: {type: boolean, default: true}""",
)
TEXTS = (
    st.text(max_size=30)
    | st.integers().map(str)
    | st.floats().map(repr)
    | st.from_regex(r"[0-9]{1,9}(ms|[smhdwy])", fullmatch=True)
    | st.from_regex(r"now-[0-9]{1,6}[smhdw]", fullmatch=True)
    | st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
    | st.lists(st.text(max_size=5), max_size=3).map(lambda items: str(items).replace("'", '"'))
    | st.sampled_from(["true", "false", "'", '"', "\\", "%s", "{}", "{a,b}", "$1", "null"])
)


@pytest.fixture
def ask(shared):
    """Ask one question after another on one connection, as the reader."""
    with asyncio.Runner() as runner:
        context = reading(shared.reader_url)
        reader = runner.run(context.__aenter__())
        yield lambda values: runner.run(reader.ask(QUESTION, values, "acme"))
        runner.run(context.__aexit__(None, None, None))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_=st.dictionaries(st.sampled_from(sorted(QUESTION.parameters)), TEXTS.map(lambda text: [text]), max_size=4))
def test_a_reason_or_an_answer(ask, given_):
    try:
        values = read(QUESTION, GIVEN | given_, NOW, Bounds(longest_range=timedelta(days=100_000)))
    except AskError as refused:
        assert refused.status in (400, 413)  # noqa: PT017
        return
    (row,) = ask(values).rows
    word = given_.get("word", ["x"])[0] or "x"
    assert row[4] == word
    assert row[5] == values["whole"]
