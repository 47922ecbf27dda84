"""The schema is true: whatever a program sends, there is no fault, each answer has its shape, and none has a
word of the other workspace."""

from __future__ import annotations

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dashboard.api.offered import READINGS
from tests.dashboard.api.conftest import Served
from tests.dashboard.api.worlds import THEIRS

EXAMPLES = int(os.environ.get("CITELIFT_TEST_EXAMPLES", "2"))
"""Of each address, of both kinds; a night has time for hundreds."""
OURS = ("norvane", "oltera", "quillo")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
OPERATIONS = [*(each.name for each in READINGS), "event_add", "opportunities_set"]


@pytest.fixture(scope="module")
def schema(served: Served) -> Any:
    return schemathesis.openapi.from_asgi("/openapi.json", served.app)


def test_every_address_of_the_schema_is_tried(schema: Any) -> None:
    assert {each.ok().definition.raw["operationId"] for each in schema.get_all_operations()} == set(
        OPERATIONS
    )


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "unfit"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_whatever_is_sent_the_schema_holds_and_nothing_of_others_is_said(
    served: Served, schema: Any, name: str, mode: GenerationMode
) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema.find_operation_by_id(name).as_strategy(generation_mode=mode))
    def tried(case: Any) -> None:
        for who, strange in ((served.editor, (THEIRS,)), (served.other, OURS)):
            answer = case.call(headers=who, timeout=300)
            case.validate_response(answer, checks=CHECKS, headers=who)
            sent = str((case.query, case.body)).casefold()
            said = answer.text.casefold()
            assert [word for word in strange if word in said and word not in sent] == []

    tried()
