"""The page about templates names every file, variable and filter, and no other."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fraiseql_observe.incident.message import Links, Trend
from fraiseql_observe.incident.model import State
from fraiseql_observe.notify import filters
from fraiseql_observe.notify.context import AlertView, EventView, PreviousView, context
from fraiseql_observe.notify.examples import example
from fraiseql_observe.notify.templates import built_in_names

PAGE = (Path(__file__).parents[3] / "docs/how-to/templates.md").read_text()
ALIASES = {"count", "d", "e"}


def section(title):
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def first_cells(text):
    rows = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([a-z_./0-9]+)`", row)}


def test_every_variable_is_documented_and_no_other():
    variables = context(example("group", State.FIRING, datetime.now(UTC)))
    assert first_cells(section("Variables")) == set(variables)


@pytest.mark.parametrize(
    ("variable", "of"),
    [("alerts", AlertView), ("history", EventView), ("previous", PreviousView), ("links", Links), ("trend", Trend)],
)
def test_the_parts_of_a_variable_are_documented(variable, of):
    row = re.search(rf"^\| `{variable}` \|(.*)$", section("Variables"), re.MULTILINE)[1]
    assert {field.name for field in dataclasses.fields(of)} <= set(re.findall(r"`([a-z_]+)`", row))


def test_every_filter_is_documented():
    named = set(re.findall(r"`(?:[a-z_]+ \\\| )?([a-z]+)(?:\(.*?\))?`", section("Filters")))
    wanted = set(filters.KEPT) | set(filters.OWN) | {"join", "replace"}
    assert wanted - ALIASES - {"forceescape"} <= named


def test_every_file_is_documented():
    assert first_cells(section("Begin")) == set(built_in_names())
