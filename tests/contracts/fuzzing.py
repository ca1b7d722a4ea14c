"""Fuzzing of every door by its own OpenAPI document; `make fuzz` runs it. FUZZ_EXAMPLES is how many cases each gets."""

import asyncio
import os
from collections.abc import Mapping
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chat_service.main import DOORS
from tests.chat_service.conftest import Candidate, Service, expect

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "40"))
SEED = int(os.environ.get("FUZZ_SEED", "20260101"))
DOCUMENTS: Mapping[str, dict[str, Any]] = {prefix: make_app().openapi() for prefix, make_app in DOORS.items()}
CASES = [
    pytest.param(prefix, method, path, id=f"{method.upper()} {prefix}{path}")
    for prefix, document in DOCUMENTS.items()
    for path, methods in document["paths"].items()
    for method in methods
]


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("prefix", "method", "path"), CASES)
async def test_a_door_answers_whatever_comes_as_its_document_says(
    candidate: Candidate, service: Service, prefix: str, method: str, path: str, mode: GenerationMode
) -> None:
    key = expect(201, await candidate.http.post("/auth/api-keys", json={"name": "fuzzing"}))["key"]
    schemes = DOCUMENTS[prefix].get("components", {}).get("securitySchemes", {})
    token = candidate.http.headers["Authorization"]
    headers = {"Authorization": token if "access_token" in schemes else f"Bearer {key}"}
    held = (await candidate.started())["id"]
    operation = schemathesis.openapi.from_dict(DOCUMENTS[prefix])[path][method.upper()]
    shapes = {
        one["name"]: one["schema"]
        for one in DOCUMENTS[prefix]["paths"][path][method].get("parameters", ())
        if one["in"] == "path"
    }

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            for name, shape in shapes.items():
                if shape.get("format") == "uuid" or name in {"interview_id", "session_id"}:
                    case.path_parameters[name] = 1 if shape.get("type") == "integer" else held
        response = case.call(base_url=service.url + prefix, headers=headers)
        case.validate_response(
            response,
            checks=[
                not_a_server_error,
                status_code_conformance,
                content_type_conformance,
                response_headers_conformance,
                response_schema_conformance,
            ],
        )

    await asyncio.to_thread(send)
