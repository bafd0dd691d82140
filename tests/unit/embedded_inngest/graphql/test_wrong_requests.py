"""Requests to GraphQL that are wrong in themselves."""

import json

import pytest

from tests.unit.embedded_inngest.recordings import Json
from tests.unit.embedded_inngest.server import Server

JSON = {"content-type": "application/json"}
NO_LIST = "json: cannot unmarshal array into Go value of type graphql.RawParams"
TWO = "query a{apps{name}} query b{apps{name}}"

WRONG: dict[str, tuple[str, Json, int, str]] = {
    "no body": ("", JSON, 400, "json request body could not be decoded: EOF body:"),
    "half a body": ("{", JSON, 400, "json request body could not be decoded: unexpected EOF body:{"),
    "a list": ("[]", JSON, 400, f"json request body could not be decoded: {NO_LIST} body:[]"),
    "another type": ('{"query":"{apps{name}}"}', {"content-type": "text/plain"}, 400, "transport not supported"),
    "no query": ("{}", JSON, 422, "no operation provided"),
    "half a query": ('{"query":"{"}', JSON, 422, "Expected Name, found <EOF>"),
    "an unknown field": ('{"query":"{nope}"}', JSON, 422, 'Cannot query field "nope" on type "Query".'),
    "two operations": (json.dumps({"query": TWO}), JSON, 422, "operation  not found"),
    "no such operation": (json.dumps({"query": TWO, "operationName": "z"}), JSON, 422, "operation z not found"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_request_is_refused_in_the_real_words(case: str, server: Server) -> None:
    """What is no request, no query or no operation gets the status and the words of the real server, and no data."""
    body, headers, status, complaint = WRONG[case]

    answer = server.answer("POST", "/v0/gql", body, headers)

    assert (answer["status"], answer["body"]["errors"][0]["message"]) == (status, complaint)
    assert answer["body"]["data"] is None


def test_a_get_reads_and_does_not_change(server: Server) -> None:
    """A GET may ask a query and no mutation."""
    asked = server.get("/v0/gql?query={apps{name}}")
    changed = server.get('/v0/gql?query=mutation{deleteAppByName(name:"x")}')

    assert (asked["status"], changed["status"]) == (200, 406)
    assert changed["body"]["errors"][0]["message"] == "GET requests only allow query operations"


def test_another_method_is_no_transport(server: Server) -> None:
    """A PUT is refused, whatever it says."""
    assert server.answer("PUT", "/v0/gql", '{"query":"{apps{name}}"}', JSON)["status"] == 400
