"""Exclusions need a reason, a rule that exists, and something to exclude."""

from __future__ import annotations

from dataclasses import replace

import pytest
from house import House

from fraiseql_observe.errors import ConfigError
from fraiseql_observe.mixin import lint
from fraiseql_observe.mixin.lint import exclusions

REASON = "The house is being painted."


def excluding(rule, *entries, reason=REASON):
    return exclusions.parse({"exclusions": {rule: {"reason": reason, "entries": list(entries)}}})


def editable():
    house = House()
    house.dashboard["editable"] = True
    return house


def test_an_exclusion_covers_what_its_entry_names():
    allowed = excluding("uneditable-dashboard", {"dashboard": "House"})
    assert lint.lint(editable().dashboards, [], allowed) == []


def test_it_covers_nothing_else():
    allowed = excluding("uneditable-dashboard", {"dashboard": "Garden"})
    found = lint.lint(editable().dashboards, [], allowed)
    assert [finding.rule for finding in found] == ["uneditable-dashboard", "exclusion-unused"]
    assert str(found[1]) == "uneditable-dashboard / Garden: excludes nothing; remove it [exclusion-unused]"


def test_an_exclusion_need_not_be_needed_by_another_mixin():
    allowed = replace(excluding("uneditable-dashboard", {"dashboard": "Garden"}), needed=False)
    assert [finding.rule for finding in lint.lint(editable().dashboards, [], allowed)] == ["uneditable-dashboard"]


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_a_reason_must_be_written(reason):
    allowed = excluding("uneditable-dashboard", {"dashboard": "House"}, reason=reason)
    assert [finding.rule for finding in lint.lint(editable().dashboards, [], allowed)] == ["exclusion-reason"]


def test_the_rule_must_exist():
    allowed = excluding("unheard-of", {"dashboard": "House"})
    rules = [finding.rule for finding in lint.lint(House().dashboards, House().groups, allowed)]
    assert rules == ["exclusion-unknown", "exclusion-unused"]


@pytest.mark.parametrize(
    "document",
    [
        ["a list"],
        {"exclusions": ["a list"]},
        {"exclusions": {"alert-for": {"reason": REASON}}},
        {"exclusions": {"alert-for": "because"}},
        {"exclusions": {"alert-for": {"reason": REASON, "entries": [{}]}}},
        {"exclusions": {"alert-for": {"reason": REASON, "entries": [{"room": "kitchen"}]}}},
    ],
)
def test_a_malformed_file_is_refused(document):
    with pytest.raises(ConfigError, match=r"my\.lint"):
        exclusions.parse(document, "my.lint")


def test_no_file_excludes_nothing(tmp_path):
    assert exclusions.load(tmp_path / ".lint").entries == {}


def test_an_empty_file_excludes_nothing(tmp_path):
    (tmp_path / ".lint").write_text("")
    assert exclusions.load(tmp_path / ".lint").entries == {}


def test_broken_yaml_is_named(tmp_path):
    (tmp_path / ".lint").write_text("exclusions: {")
    with pytest.raises(ConfigError, match="cannot be read as YAML"):
        exclusions.load(tmp_path / ".lint")
