"""Schemathesis sends what the description allows, and what it does not; the server answers as described, never 5xx."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import booleans
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from offerd.apis import native
from offerd.apis.native.examples import CATALOGUE, EXAMPLES
from offerd.apis.native.openapi import document
from offerd.model.kinds import KINDS

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
)


schema = schemathesis.openapi.from_dict(
    document({native.API.prefix: native.API.operations}), config=SchemathesisConfig()
)
OPERATIONS = {operation.label: operation for result in schema.get_all_operations() for operation in [result.ok()]}


@pytest.fixture(scope="module")
def busy(module_server):
    """A server with something in every kind, and people."""
    with module_server.client() as client:
        client.post("/offerd/v1/catalogue/apply", json=CATALOGUE).raise_for_status()
        for example in EXAMPLES["storeProfile"]:
            client.post("/offerd/v1/profiles", json=example.body).raise_for_status()
    return module_server


ALIKE = tuple(f"/{kind}" for kind in KINDS if kind not in {"offers", "activities"})
"""Kinds whose routes are those of offers: a few examples of each will do."""


@pytest.mark.parametrize("label", OPERATIONS)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_the_server_does_what_its_description_says(busy, label, mode):
    operation = next(each for each in native.API.operations if label == f"{each.method} {native.API.prefix}{each.path}")
    known = EXAMPLES[operation.id][0].path if operation.id in EXAMPLES else {}

    @given(OPERATIONS[label].as_strategy(generation_mode=mode), booleans(), booleans())
    @settings(
        max_examples=4 if operation.path.startswith(ALIKE) else 20,
        derandomize=True,
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    def answers_as_described(case, there, plain):
        if there and known:  # an object that is there, rather than any id
            case.path_parameters = dict(known)
        if plain:  # headers that end most requests early
            for name in ("offerd-workspace", "Idempotency-Key", "If-Match", "If-None-Match"):
                case.headers.pop(name, None)
        response = case.call(base_url=busy.url, headers={"authorization": f"Bearer {busy.admin}"})
        case.validate_response(response, checks=CHECKS)

    answers_as_described()
