"""The whole HTTP surface under requests drawn at random: every answer is one that the engine is known to give."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from harness.waiters import until
from tests.unit.embedded_inngest.fuzzing import tried
from tests.unit.embedded_inngest.launching import Launcher, engine
from tests.unit.embedded_inngest.server import PATIENCE, Server
from tests.unit.embedded_inngest.test_state_runs import registration

SOME_ULID = "01M8518GNKNHNEGMXF8511QRW9"
TEXTS = st.text() | st.sampled_from([SOME_ULID, "2026-01-01T00:00:00Z", "00000000-0000-4000-a000-000000000000"])


def _made(result: Any) -> Any:
    """Return an operation, which is there unless the document is wrong."""
    return result.ok()


HERE = Path(__file__).parent
SCHEMA = Path(__file__).parents[3] / "embedded_inngest" / "graphql" / "schema.graphql"
for scalar in re.findall(r"^scalar (\w+)", SCHEMA.read_text(), re.MULTILINE):
    schemathesis.graphql.scalar(scalar, TEXTS.map(schemathesis.graphql.nodes.String))
REST = schemathesis.openapi.from_path(HERE / "openapi.yaml")
GRAPHQL = schemathesis.graphql.from_path(SCHEMA)
OPERATIONS: dict[str, Any] = {f"{one.method.upper()} {one.path}": one for one in map(_made, REST.get_all_operations())}
"""Each operation of the document by its method and path."""


@pytest.fixture(scope="module")
def fuzzed(launcher: Launcher, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An engine of its own, since it is told much nonsense, which keeps all of it."""
    folder = str(tmp_path_factory.mktemp("fuzzed"))
    judged = engine("fuzzed", "--no-poll", "--no-discovery", "--persist", "--sqlite-dir", folder)
    with launcher.running(judged), closing(Server(judged.url)) as server:
        yield server


@pytest.fixture(scope="module")
def known(fuzzed: Server) -> list[str]:
    """Ids of an event and of a run that waits for its app, which can't be reached."""
    fuzzed.answer("POST", "/fn/register", registration("fuzzed", retries=4))
    event = fuzzed.send("fuzzed")
    [run] = until(lambda: fuzzed.runs_of(event), within=PATIENCE)
    return [event, run["id"]]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_request_is_answered_as_documented(operation: str, fuzzed: Server, known: list[str]) -> None:
    """Whatever is asked for, the answer has a status and a form that the document of the engine's surface names."""

    @tried(20)
    @given(case=OPERATIONS[operation].as_strategy(), real_id=st.none() | st.sampled_from(known))
    def ask(case: schemathesis.Case[Any], real_id: str | None) -> None:
        if real_id and "id" in case.path_parameters:
            case.path_parameters["id"] = real_id
        if real_id and isinstance(case.body, dict) and "run_id" in case.body:
            case.body["run_id"] = real_id
        response = case.call(base_url=fuzzed.base_url, timeout=PATIENCE)
        case.validate_response(response, checks=[status_code_conformance, response_schema_conformance])

    ask()
    assert fuzzed.get("/health")["status"] == 200


@tried(40)
@given(case=GRAPHQL.as_strategy())
def test_every_query_is_answered(case: schemathesis.Case[Any], fuzzed: Server) -> None:
    """Whatever is asked for that the schema allows, the answer is data, or an error that says what it is about."""
    answer = fuzzed.post("/v0/gql", {"query": case.body})

    assert answer["status"] in {200, 422}
    assert "data" in answer["body"]
    assert all(error["message"] for error in answer["body"].get("errors") or [])
