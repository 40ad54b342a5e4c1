"""The reference page and the example: complete, true, and as committed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from fraiseql_observe.config import shape
from fraiseql_observe.config.cross import notes
from fraiseql_observe.config.declare import setting
from fraiseql_observe.config.kinds import KINDS
from fraiseql_observe.config.reference import PAGES, kind_of, main
from fraiseql_observe.config.settings import Settings
from fraiseql_observe.config.shape import Table, Variants
from fraiseql_observe.config.show import as_yaml

CHECKOUT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", PAGES)
def test_the_committed_page_is_what_the_declarations_make(name):
    assert (CHECKOUT / name).read_text(encoding="utf-8") == PAGES[name](), (
        "stale: python -m fraiseql_observe.config.reference ."
    )


def test_the_example_means_the_defaults(read):
    assert read(PAGES["fraiseql-observe.example.yaml"]()) == Settings()


def test_each_section_of_the_example_is_right_when_it_is_uncommented(read, tmp_path):
    text = PAGES["fraiseql-observe.example.yaml"]()
    for section in ("server", "log", "enrichment", "watchdog", "incidents", "prometheus", "alertmanager"):
        block = re.search(rf"^#({section}:\n(?:#  .*\n)+)", text, re.MULTILINE)
        assert block is not None, section
        lines = [line.removeprefix("#") for line in block[1].splitlines() if "_file: /run" not in line]
        assert read("\n".join(lines)) == Settings(), section


def test_writing_the_pages(tmp_path):
    (tmp_path / "docs/reference").mkdir(parents=True)
    main(str(tmp_path))
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*") if path.is_file()} == set(PAGES)


def test_every_kind_of_destination_can_be_configured():
    node = shape.section(Settings).fields["destinations"].node
    assert isinstance(node, Table)
    assert isinstance(node.value, Variants)
    assert {name: one.made for name, one in node.value.by_type.items()} == KINDS


def test_every_setting_has_its_sentence():
    for name, field in shape.section(Settings).fields.items():
        assert field.about.text.endswith("."), name


def test_a_type_that_nobody_reads_is_refused_where_it_is_declared():
    @dataclass(frozen=True)
    class Odd:
        when: complex = setting("No.", default=0j)

    with pytest.raises(TypeError, match="no kind of setting is known"):
        shape.section(Odd)


def test_kinds_in_words():
    fields = shape.section(Settings).fields
    alertmanager = fields["alertmanager"].node.fields
    assert kind_of(alertmanager["urls"].node) == "list of text"
    assert kind_of(fields["slack"].node.fields["users"].node) == "table of text"
    assert kind_of(fields["server"].node) == "section"


def test_shown_settings_read_back_and_hide_their_secrets(read):
    settings = read(
        "intake: {token: hunter2}\nserver: {drain_timeout: 90s}\n"
        "destinations: {a: {type: webhook, url: 'https://example.org', token: hunter3, headers: {X: y}}}"
    )
    shown = as_yaml(settings)
    assert "hunter" not in shown
    plain = yaml.safe_load(shown)
    assert plain["intake"]["token"] == "(hidden)"
    assert plain["server"]["drain_timeout"] == "1m30s"
    assert plain["destinations"]["a"] | {"type": "webhook", "headers": {"X": "y"}} == plain["destinations"]["a"]


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("", "destinations: there are none"),
        ("destinations: {a: {type: slack, token: t, channel: C1}}", "server.public_url: is not set"),
        ("intake: {allow_anonymous: true}", "destinations: there are none"),
    ],
)
def test_what_works_less_well_than_expected_is_noted(read, text, start):
    assert next(iter(notes(read(text)))).startswith(start)


def test_buttons_that_nobody_hears_are_noted(read):
    text = "destinations: {a: {type: slack, token: t, channel: C1}}"
    assert any(note.startswith("slack.signing_secret") for note in notes(read(text)))
    assert not any("slack" in note for note in notes(read(text.replace("C1", "C1, buttons: false"))))


def test_a_store_in_the_database_whose_chains_it_guards_is_noted(read):
    text = "audit: {{chain_url: 'postgresql://chain@db/app'}}\nstore: {{url: 'postgresql://observe@{}'}}"
    for there, same in (("db:5432/app", True), ("db/observe", False), ("other/app", False)):
        assert any(note.startswith("store.url: is the database") for note in notes(read(text.format(there)))) is same


def test_an_open_intake_is_noted(read):
    assert any(note.startswith("intake.allow_anonymous") for note in notes(read("intake: {allow_anonymous: true}")))
