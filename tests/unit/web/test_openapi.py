"""The OpenAPI document: as committed, as served, and the same operations as the routes."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from fraiseql_observe.web import openapi
from fraiseql_observe.web.rest import OPERATIONS
from fraiseql_observe.web.rest.operation import BASE
from fraiseql_observe.web.rest.page import page
from fraiseql_observe.web.rest.schemas import SCHEMAS

CHECKOUT = Path(__file__).parents[3]
DOCUMENT = openapi.document()


def test_the_committed_document_is_what_the_operations_make():
    committed = (CHECKOUT / "docs/reference/openapi.json").read_text(encoding="utf-8")
    assert committed == openapi.text(), "stale: python -m fraiseql_observe.web.openapi docs/reference"


async def test_it_is_served_without_a_token(client):
    answer = await client.get(openapi.PATH)
    assert (answer.status, await answer.json()) == (200, DOCUMENT)


async def test_every_route_is_described_and_every_description_has_a_route(client):
    described = {(method.upper(), path) for path, operations in DOCUMENT["paths"].items() for method in operations}
    routes = {
        (route.method, route.resource.canonical)
        for route in client.app.router.routes()
        if route.resource is not None and route.resource.canonical.startswith(BASE) and route.method != "HEAD"
    }
    assert routes - {("GET", openapi.PATH)} == described


def references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def test_every_reference_leads_somewhere_and_every_schema_is_used():
    assert {one.removeprefix("#/components/schemas/") for one in references(DOCUMENT)} == set(SCHEMAS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_one(name):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])


def test_operations_have_names_of_their_own_and_sentences():
    assert len({one.id for one in OPERATIONS}) == len(OPERATIONS)
    assert all(one.summary.endswith(".") for one in OPERATIONS)


def test_the_reference_page_is_what_the_operations_make():
    committed = (CHECKOUT / "docs/reference/rest.md").read_text(encoding="utf-8")
    assert committed == page(), "stale: python -m fraiseql_observe.web.rest.page docs/reference"
