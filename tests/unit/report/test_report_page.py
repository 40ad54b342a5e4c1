"""The page: whole, honest about what it lacks, harmless whatever the rows hold."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from reported import CATALOGUE, END, HOSTILE, MADE, START, TIMES, answered, material

from fraiseql_observe.audit.chain.model import Break, Kind, Verdict
from fraiseql_observe.cli.audit_report import MOST_ROWS
from fraiseql_observe.report import cells, contents, page
from fraiseql_observe.report.material import Chains

VOID = {"meta", "br", "link", "img", "input", "hr"}


class Outline(HTMLParser):
    """Tags and attributes of a page; fails on what is not closed."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.open, self.words = [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.words))


def shown(*changed, **head):
    return Outline(page.render(material(*changed, **head)))


def test_it_has_every_chapter_and_says_whose_it_is():
    seen = shown()
    for section in contents.SECTIONS:
        assert section.title in seen.text
        assert ("id", section.key) in seen.attributes
    for sentence in ("2026-03-01 00:00:00 UTC to 2026-03-03 00:00:00 UTC (2 d)", "by Ada", "db:5432/blog", "all, and"):
        assert sentence in seen.text
    assert material().fingerprint in seen.text


def test_it_needs_nothing_else_and_runs_nothing():
    seen = shown()
    assert {"script", "link", "img", "iframe", "form", "object", "embed"}.isdisjoint(seen.tags)
    assert not [value for name, value in seen.attributes if name.startswith("on") or name == "src"]
    assert all(value.startswith("#") for name, value in seen.attributes if name == "href")
    assert "url(" not in page.render(material())
    assert "default-src 'none'" in page.render(material())


def test_links_lead_somewhere_and_ids_are_unique():
    seen = shown()
    ids = [value for name, value in seen.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {value[1:] for name, value in seen.attributes if name == "href"} <= set(ids)
    assert {value for name, value in seen.attributes if name == "aria-labelledby"} <= set(ids)


def test_hostile_rows_are_escaped_and_cut():
    html = page.render(material(made_by=HOSTILE, tenants=(HOSTILE,), database=HOSTILE))
    assert "<script" not in html
    assert "\u202e" not in html
    assert "y" * (cells.LONGEST + 1) not in html
    assert HOSTILE in Outline(html).text
    assert "1 text is cut after 200 characters" in Outline(html).text


@pytest.mark.parametrize("name", contents.questions())
def test_hostile_texts_in_every_column_of_every_question(name):
    question = CATALOGUE[name]
    evil = {
        column.name: HOSTILE if column.type == "string" else 1 if column.type == "number" else TIMES[5]
        for column in question.columns
    }
    assert "<script" not in page.render(material(answered(name, [evil])))


def test_the_same_material_is_the_same_page():
    assert page.render(material()) == page.render(material())


def test_the_summary_counts():
    text = shown().text
    assert "1 violation" in text
    assert "0 warnings" in text
    assert "2 checks in order" in text
    for tile in (
        "57 741 operations recorded",
        "2 administrative actions",
        "0 permission changes",
        "6.5 s longest",
    ):
        assert tile in text


def test_verdicts_are_told_by_a_mark_and_a_word():
    assert re.search(r"✗\s*violation", shown().text)
    assert re.search(r"✓\s*ok", shown().text)


def test_nothing_is_said_where_there_is_nothing():
    empty = [answered(name, []) for name in contents.questions() if name != "compliance_status"]
    text = shown(*empty).text
    for part in (
        part for section in contents.SECTIONS for part in section.parts if part.question != "compliance_status"
    ):
        assert part.empty in text


def test_what_could_not_be_answered_is_said_twice():
    failed = answered("compliance_admin_actions", [], problem="The question takes longer than 60 s.")
    report = material(failed)
    text = Outline(page.render(report)).text
    assert "There is no answer. The question takes longer than 60 s." in text
    assert "Admin actions: there is no answer. The question takes longer than 60 s." in text
    assert not report.whole
    every = [answered(name, [], problem="It is down.") for name in contents.questions()]
    assert "There is no answer. It is down." in shown(*every).text


def test_a_list_that_is_cut_says_so_and_how_to_see_the_rest():
    text = shown(answered("compliance_admin_actions", more=True)).text
    assert "2 rows, and there are more" in text
    assert "more than 2 administrative actions" in text
    assert "audit query compliance_admin_actions --from 2026-03-01T00:00:00Z --to 2026-03-03T00:00:00Z" in text


def test_a_series_that_is_cut_says_so():
    cut = answered("compliance_events_by_type", more=True)
    assert "the first 96 rows are here, and there are more. A shorter period has them." in shown(cut).text


def test_a_period_that_is_not_over_and_one_tenant_alone():
    assert "The period was not over" in shown(made_at=END).text
    assert "The period was not over" not in shown().text
    assert "does not begin and end at a whole" not in shown().text
    assert (
        "sums that are read from roll-ups are of the whole hours" in shown(end=END + timedelta(minutes=1)).text.lower()
    )
    assert "none without a tenant" in shown(tenants=("acme",)).text


def test_columns_without_a_value_and_with_one_for_all_are_no_columns():
    seen = page.block(contents.Part("compliance_admin_actions"), answered("compliance_admin_actions"), material().head)
    assert [title for title, _ in seen.table.head] == ["Time (UTC)", "User", "Action"]
    assert seen.table.alike == (("Source", "fraiseql_observe"),)
    text = shown().text
    assert "Source: fraiseql_observe in every row" in text
    assert "no row has a value in Roles, Tenant, Event" in text


def test_series_beyond_those_that_fit_are_named():
    many = [{"time": TIMES[0], "metric": f"type {number}", "value": 1} for number in range(11)]
    assert "3 further series are not drawn" in shown(answered("compliance_events_by_type", many)).text


def test_users_counted_once_an_interval_have_no_sum():
    text = shown().text
    assert "Attempts 48 2 2026-03-01 02:00" in text
    assert "Users and addresses 1 2026-03-01 01:00" in text


@pytest.mark.parametrize("part", [part for section in contents.SECTIONS for part in section.parts])
def test_what_is_drawn_and_asked_for_is_in_the_questions(part):
    question = CATALOGUE[part.question]
    columns = {one.name for one in question.columns}
    assert set(part.ranking or ()) <= columns
    if part.drawing:
        assert {*part.drawing.distinct, *filter(None, [part.drawing.limited])} <= columns
        assert {"time"} <= columns
        assert "bucket" in question.parameters
    if limit := question.parameters.get("limit"):
        assert limit.maximum >= MOST_ROWS + 1


BREAK = Break("row 7", START, "acme", Kind.CHANGED, f"its content has another hash {HOSTILE}")


def verdict(**more):
    standard = {"rows": 1200, "breaks": (), "broken": 0, "remarks": (), "unchecked": 0, "signatures": True}
    return Verdict(**{"source": "public.audit_events", "kind": "unified", "seconds": 1.5, **standard, **more})


def chained(*verdicts, problem=""):
    return shown(chains=Chains(verdicts, problem)).text


def test_hash_chains():
    assert "There is no source with a hash chain" in chained()
    assert "none hash chains" in chained()
    whole = chained(verdict(remarks=("A trap was met.",)))
    assert re.search(r"✓ verified public.audit_events 1 200 0 checked", whole)
    assert "A trap was met." in whole
    assert "verified hash chains" in whole
    assert "without rows hash chains" in chained(verdict(rows=0))


def test_a_broken_chain_is_told_with_its_rows():
    html = page.render(material(chains=Chains((verdict(breaks=(BREAK,), broken=3),))))
    text = Outline(html).text
    assert "1 broken hash chains" in text
    assert "1 of 3" in text
    assert "2026-03-01 00:00:00 UTC acme row 7 changed its content has another hash" in text
    assert "<script" not in html


def test_chains_that_were_not_or_not_wholly_verified():
    assert "Hash chains were not verified. The user may not." in chained(problem="The user may not.")
    partly = chained(verdict(unchecked=4, signatures=False))
    assert "partly verified hash chains" in partly
    assert "the content of 4 rows could not be checked" in partly
    assert "the signatures of its rows were not checked" in partly


def test_what_was_found_counts_and_not_how_long_it_took():
    def printed(**more):
        return Chains((verdict(**more),)).fingerprint

    assert printed(seconds=9.0) == printed()
    assert len({printed(), printed(rows=1), printed(breaks=(BREAK,), broken=1), Chains(problem="No.").fingerprint}) == 4


def column(kind="string", unit="", name="x"):
    return replace(CATALOGUE["tenants"].columns[0], name=name, type=kind, unit=unit)


@pytest.mark.parametrize(
    ("value", "given", "text"),
    [
        (None, column(), cells.NOTHING),
        ("", column(), cells.NOTHING),
        ("\u200b\u202e", column(), cells.NOTHING),
        (0, column("number"), "0"),
        (1234567.0, column("number"), "1\u202f234\u202f567"),
        (-2.5, column("number"), "-2.5"),
        (2.345, column("number"), "2.35"),
        (0.5, column("number", "s"), "500 ms"),
        (1500, column("number", "ms"), "1.5 s"),
        (0.123, column("number", "percentunit"), "12.3 %"),
        ("2026-03-01T10:11:12.345678Z", column("time"), "2026-03-01 10:11:12"),
        ("soon", column("time"), "soon"),
        (True, column("boolean"), "True"),
        ("0123456789abcdef0123", column(name="fingerprint"), "0123456789ab…"),
    ],
)
def test_a_value_is_written_by_its_column(value, given, text):
    assert cells.cell(value, given).text == text


def test_the_fingerprint_is_of_the_data_alone():
    report = material()
    assert report.fingerprint == material(made_by="Bob", made_at=MADE + timedelta(days=9)).fingerprint
    shuffled = answered("compliance_admin_actions", list(reversed([{"user": "a"}, {"user": "b"}])))
    assert shuffled.fingerprint == answered("compliance_admin_actions", [{"user": "a"}, {"user": "b"}]).fingerprint
    for other in (
        answered("compliance_admin_actions", []),
        answered("compliance_admin_actions", more=True),
        answered("compliance_admin_actions", problem="No."),
    ):
        assert material(other).fingerprint != report.fingerprint


def test_the_fingerprint_can_be_made_again_from_the_data():
    document = json.loads(json.dumps(material().as_json()))

    def line(value):
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def digest(lines):
        return sha256("".join(f"{each}\n" for each in lines).encode()).hexdigest()

    for one in document["answers"]:
        head = [one["question"], one["parameters"], one["more"], one["problem"]]
        assert digest(map(line, [head, *sorted(one["rows"], key=line)])) == one["sha256"]
    chains = {name: value for name, value in document["hash_chains"].items() if name != "sha256"}
    assert digest([line(chains)]) == document["hash_chains"]["sha256"]
    sums = [f"{one['sha256']}  {one['question']}" for one in document["answers"]]
    sums.append(f"{document['hash_chains']['sha256']}  hash_chains")
    assert digest(sums) == document["report"]["data_sha256"]
