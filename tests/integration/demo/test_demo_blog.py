"""The blog answers each kind of operation as the traffic means it to."""

from __future__ import annotations

import hashlib
import json
import random

import pytest

from fraiseql_observe.demo.blog import database
from fraiseql_observe.demo.traffic.client import BlogClient
from fraiseql_observe.demo.traffic.documents import documents
from fraiseql_observe.demo.traffic.known import Known
from fraiseql_observe.demo.traffic.operations import ADMIN, COMES_BACK, MIX, READER, REPORT, STOPS, Operation

pytestmark = [pytest.mark.fraiseql]

DENIALS = ("Permission", "Not authorized")


def somebody(people, role):
    return next(person for person in people if person.role == role)


def outcome_of(answer):
    """What came of an operation, read from its answer as a client would."""
    if answer.errors:
        denied = any(error["message"].startswith(DENIALS) for error in answer.errors)
        return "denied" if denied else "error"
    results = [value for value in answer.body["data"].values() if isinstance(value, dict)]
    statuses = [result.get("status") or "" for result in results]
    if any(status.startswith("noop") for status in statuses):
        return "noop"
    return "failure" if any(status.startswith("failed") for status in statuses) else "success"


@pytest.fixture
async def known(client, people):
    """What a tenant's clients know after a while; its people are those of the first administrator."""
    memory, author = Known(), somebody(people, "author")
    memory.readers = [each.user_id for each in people if each.role == READER and each.tenant_id == author.tenant_id]
    draw = random.Random(3)
    for document in ("Posts", "CreatePost", "RenamePost"):
        operation = next(each for each in MIX if each.document == document)
        variables = operation.variables(draw, memory)
        memory.learn((await client.run(operation, author, variables)).body)
    grant = next(each for each in MIX if each.document == "GrantRole" and each.outcome == "success")
    await client.run(grant, somebody(people, ADMIN), grant.variables(draw, memory))
    return memory


def name_of(operation: Operation) -> str:
    return f"{operation.document}-{operation.outcome}"


@pytest.mark.parametrize("operation", [*MIX, STOPS, COMES_BACK, REPORT], ids=name_of)
async def test_each_operation_comes_out_as_meant(operation, client, people, known):
    caller = somebody(people, operation.roles[0])
    variables = operation.variables(random.Random(5), known)
    assert variables is not None
    answer = await client.run(operation, caller, variables)
    assert answer.status == 200
    assert outcome_of(answer) == operation.outcome, answer.body


async def test_a_hash_is_unknown_once_and_then_served(client, people):
    text, caller = documents()["Tags"] + "\n# unheard of", somebody(people, READER)
    payload = {
        "extensions": {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(text.encode()).hexdigest()}}
    }
    assert (await client.send(payload, caller)).hash_is_unknown
    assert (await client.send(payload | {"query": text}, caller)).body["data"]["tags"]
    assert (await client.send(payload, caller)).body["data"]["tags"]


@pytest.mark.parametrize("kind", ["forged", "expired", "none"])
async def test_who_cannot_show_a_good_token_is_turned_away(kind, client, people):
    caller = people[0]
    token = {"forged": client.forged_token, "expired": client.expired_token, "none": lambda _caller: None}[kind](caller)
    answer = await client.post(json.dumps({"query": documents()["Users"]}), token=token)
    assert answer.status == 401


async def test_broken_json_is_refused(client, people):
    answer = await client.post('{"query": ', token=client.token(people[0]))
    assert answer.status == 422


async def test_a_tenant_sees_its_own_people_only(client, people):
    users = next(each for each in MIX if each.document == "Users")
    for caller in {person.tenant_id: person for person in people}.values():
        answer = await client.run(users, caller, {})
        seen = {user["id"] for user in answer.body["data"]["users"]}
        assert seen == {person.user_id for person in people if person.tenant_id == caller.tenant_id}


async def test_a_broken_constraint_leaves_nothing_behind(client, people, blog_database):
    import psycopg  # noqa: PLC0415

    operation = next(each for each in MIX if name_of(each) == "CreatePost-error")
    await client.run(operation, somebody(people, "author"), operation.variables(random.Random(), Known()))
    with psycopg.connect(blog_database) as connection:
        assert connection.execute("select count(*) from tb_post where title = 'No'").fetchone() == (0,)


def test_preparing_again_changes_nothing(blog, blog_database, people):
    database.prepare(blog_database)
    assert {person.user_id for person in database.people(blog_database)} == {person.user_id for person in people}


def test_every_tenant_has_every_role(people):
    roles = {(person.tenant, person.role) for person in people}
    assert len(roles) == 9


async def test_one_that_is_not_there_is_a_transport_error(people):
    import httpx  # noqa: PLC0415

    async with BlogClient("http://127.0.0.1:1", "x" * 32) as nobody:
        with pytest.raises(httpx.TransportError):
            await nobody.run(MIX[0], people[0], {})
