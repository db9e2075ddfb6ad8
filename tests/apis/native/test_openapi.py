"""The description is complete, and says what is."""

import re
from pathlib import Path

import jsonschema_rs
import pytest

from offerd.apis import native
from offerd.apis.native.answers import ANSWERS
from offerd.apis.native.examples import CATALOGUE, EXAMPLES
from offerd.model.kinds import KINDS
from offerd.web.app import APIS

DOCS = Path(__file__).parents[3] / "docs" / "api" / "native.md"


@pytest.fixture(scope="module")
def document(server):
    with server.client("") as client:
        return client.get("/openapi.json").json()


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def references(tree):
    if isinstance(tree, dict):
        if isinstance(tree.get("$ref"), str):
            yield tree["$ref"]
        tree = list(tree.values())
    if isinstance(tree, list):
        for item in tree:
            yield from references(item)


def test_it_is_open_api_3_1_for_every_route(server, document):
    assert document["openapi"] == "3.1.0"
    described = {(path, method.upper()) for path, method, _ in operations(document)}
    served = set()
    for route in server._server.config.app.routes:
        for handler in getattr(route, "route_handlers", None) or [route.route_handler]:
            served |= {(re.sub(r":str", "", route.path), method) for method in handler.opt["operations"]}
    others = {api.prefix + each.path for api in APIS if api is not native.API for each in api.operations}
    assert described == {(path, method) for path, method in served if path not in others}


def test_every_reference_leads_somewhere(document):
    for reference in references(document):
        target = document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]


def test_every_schema_is_one(document):
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_operations_have_names_of_their_own_words_and_a_scope(document):
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    for _, _, operation in operations(document):
        assert operation["summary"].endswith((".", "?"))
        assert operation["security"] == [] or list(operation["security"][0]) == ["bearer"]


def test_every_member_of_every_struct_is_described(document):
    missing = [
        f"{name}.{member}"
        for name, schema in document["components"]["schemas"].items()
        for member, property_ in (schema.get("anyOf", [schema])[0].get("properties") or {}).items()
        if name != "Problem" and "description" not in property_ and "$ref" not in property_
    ]
    assert missing == []


def test_every_operation_has_an_example():
    assert {operation.id for operation in native.API.operations} <= EXAMPLES.keys()


def test_every_body_has_an_example_in_the_description(document):
    for _, _, operation in operations(document):
        if "requestBody" in operation:
            assert any(content.get("examples") for content in operation["requestBody"]["content"].values())


def test_every_example_of_an_answer_is_what_its_schema_says(document):
    shown = 0
    for _, _, operation in operations(document):
        for response in operation["responses"].values():
            for content in response.get("content", {}).values():
                if "example" in content:
                    whole = {**content["schema"], "components": document["components"]}
                    jsonschema_rs.Draft202012Validator(whole, validate_formats=True).validate(content["example"])
                    shown += 1
    assert shown == len(ANSWERS)
    problem = document["components"]["schemas"]["Problem"]
    jsonschema_rs.Draft202012Validator(problem).validate(problem["examples"][0])


def test_every_refusal_is_a_problem(document):
    for _, _, operation in operations(document):
        for status, response in operation["responses"].items():
            if status >= "400" and status != "503":
                assert list(response["content"]) == ["application/problem+json"]


def test_the_documentation_names_every_route():
    text = DOCS.read_text(encoding="utf-8")
    for operation in native.API.operations:
        path = re.sub(rf"^/(?:{'|'.join(KINDS)})(?=$|/\{{id\}}$)", "/{kind}", operation.path)
        assert re.search(rf"`[A-Z`, ]*{operation.method}[A-Z`, ]*{re.escape(path)}`", text) or (
            f"`{operation.method} {path}`" in text
        ), f"{operation.method} {path}"


def test_the_examples_hold_an_object_of_each_kind():
    assert CATALOGUE.keys() == KINDS.keys()
