"""The traffic as data: documents, operations, what clients remember, who is there."""

from __future__ import annotations

import random

import pytest

from fraiseql_observe.demo.blog.database import Person
from fraiseql_observe.demo.traffic import known as known_module
from fraiseql_observe.demo.traffic import operations
from fraiseql_observe.demo.traffic.crowd import ARRIVAL, Crowd
from fraiseql_observe.demo.traffic.documents import documents
from fraiseql_observe.demo.traffic.known import Known
from fraiseql_observe.demo.traffic.operations import ADMIN, COMES_BACK, MIX, READER, REPORT, STOPS, pick


def rng():
    return random.Random(7)


def test_every_document_is_sent_and_every_operation_has_one():
    sent = {operation.document for operation in (*MIX, STOPS, COMES_BACK, REPORT)}
    assert sent == set(documents())


def test_a_document_is_one_operation_of_its_name():
    graphql = pytest.importorskip("graphql")
    for name, text in documents().items():
        kinds = [each for each in graphql.parse(text).definitions if each.kind == "operation_definition"]
        assert [each.name.value for each in kinds] == [name]


def test_the_mix_follows_its_weights():
    draw = rng()
    drawn = [pick(draw).document for _ in range(5000)]
    total = sum(operation.weight for operation in MIX)
    posts = sum(operation.weight for operation in MIX if operation.document == "Posts")
    assert abs(drawn.count("Posts") / 5000 - posts / total) < 0.03


def test_the_blog_is_mostly_healthy():
    total = sum(operation.weight for operation in MIX)
    faults = sum(operation.weight for operation in MIX if operation.outcome == "error")
    assert 0 < faults / total < 0.01


MAKERS = [operation.variables for operation in MIX]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_nobody_invents_what_nobody_has_seen(make):
    made = make(rng(), Known())
    ids = [value for value in (made or {}).values() if isinstance(value, str)]
    assert ids == []


def full():
    known = Known(readers=["r1", "r2"])
    known.learn({"data": {"posts": [{"id": "p1"}, {"id": "p2"}, {"id": "p1"}]}})
    known.learn({"data": {"createPost": {"post": {"id": "d1"}}}})
    return known


def test_answers_teach_ids_once():
    known = full()
    assert list(known.posts) == ["p1", "p2"]
    assert list(known.drafts) == ["d1"]


@pytest.mark.parametrize("answer", [None, [], {}, {"data": None}, {"data": {"posts": None, "createPost": None}}])
def test_other_answers_teach_nothing(answer):
    known = Known()
    known.learn(answer)
    assert not known.posts
    assert not known.drafts


def test_memory_is_bounded():
    known = Known()
    for number in range(500):
        known.learn({"data": {"posts": [{"id": str(number)}], "createPost": {"post": {"id": str(number)}}}})
        known.rename(str(number), "title")
    assert (len(known.posts), len(known.drafts), len(known.titles)) == (60, 30, 60)


def test_variables_are_made_of_what_is_known():
    known = full()
    assert known_module.unread_post(rng(), known) == {"id": "d1"}
    assert known_module.some_post(rng(), known)["id"] in {"p1", "p2"}
    renamed = known_module.another_title(rng(), known)["input"]
    assert known_module.the_same_title(rng(), known) == {"input": renamed}
    assert known_module.somebody_elses_post(rng(), known)["input"]["id"] in {"p1", "p2"}
    assert known_module.draft(rng(), known) == {"input": {"id": "d1"}}
    assert known_module.draft(rng(), known) is None


def test_a_deleted_post_is_forgotten():
    known = full()
    deleted = known_module.post_to_delete(rng(), known)["input"]["id"]
    assert deleted not in known.posts


def test_who_is_promoted_is_demoted_later():
    known = full()
    promoted = known_module.promotion(rng(), known)["input"]
    assert known_module.demotion(rng(), known)["input"] == promoted
    assert known_module.demotion(rng(), known) is None
    assert known_module.self_promotion(rng(), known)["input"]["role"] == "admin"


def person(number, role):
    return Person(str(number), f"n{number}", f"{number}@x", f"t{number % 2}", "t", role)


def crowd():
    people = [person(0, ADMIN), person(1, ADMIN), *(person(number, READER) for number in range(2, 12))]
    return Crowd.of(people, rng())


def test_half_the_people_are_there_and_the_others_arrive():
    visitors = crowd()
    assert len(visitors.present(0)) == 6
    assert len(visitors.present(2 * ARRIVAL)) == 8
    assert len(visitors.present(1000)) == 12
    assert [each.role for each in visitors.present(0)][:2] == [ADMIN, ADMIN]


def test_only_people_with_the_role_are_asked():
    visitors, draw = crowd(), rng()
    assert {visitors.somebody(draw, 0, (ADMIN,)).role for _ in range(20)} == {ADMIN}
    assert visitors.somebody(draw, 0, ("author",)) is None


def test_a_tenant_knows_its_readers():
    visitors = crowd()
    assert sorted(visitors.known["t0"].readers) == ["10", "2", "4", "6", "8"]


def test_every_outcome_happens():
    assert {operation.outcome for operation in operations.MIX} == {"success", "noop", "failure", "denied", "error"}
