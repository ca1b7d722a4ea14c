"""Whatever fits or does not fit the OpenAPI document: no 5xx, and every response is a documented one."""

import asyncio
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import CheckContext, not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chat_service.contracts.native.app import make_app
from chat_service.contracts.native.documentation import operations
from tests.chat_service.conftest import Candidate, Service

DOCUMENT = make_app().openapi()
OPERATIONS = dict(operations(DOCUMENT))
EXAMPLES = 8
SEED = 20_260_101


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("operation", OPERATIONS)
async def test_every_response_is_a_documented_one(
    candidate: Candidate, service: Service, operation: str, mode: GenerationMode
) -> None:
    method, path = operation.split(" ")
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    token = candidate.http.headers["Authorization"]
    interview = (await candidate.create())["id"]
    if path.startswith("/interviews/") and not path.endswith("/start"):
        await candidate.start(interview)

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        if "{interview_id}" in path and mode is GenerationMode.POSITIVE:
            case.path_parameters["interview_id"] = interview
        response = case.call(base_url=f"{service.url}/api/v1", headers={"Authorization": token})
        case.validate_response(
            response,
            checks=[
                not_a_server_error,
                status_code_conformance,
                content_type_conformance,
                response_headers_conformance,
                response_schema_conformance,
                code_conformance,
            ],
        )

    await asyncio.to_thread(send)


def code_conformance(_: CheckContext, response: Response, case: Any) -> bool | None:
    """A refusal has one of the codes that its operation documents for the status."""
    if response.status_code >= 400:
        documented = case.operation.definition.raw["responses"][str(response.status_code)]["x-codes"]
        assert response.json()["code"] in documented, response.json()
    return None
