"""`/v0/gql`: the part of the real schema that tools use; what is asked for beyond it is an error that names it."""

from functools import cache
from pathlib import Path
from typing import Any

from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema, build_schema, execute, parse, validate

from embedded_inngest import wire
from embedded_inngest.engine import Engine
from embedded_inngest.graphql.mutations import Mutations
from embedded_inngest.graphql.queries import Queries
from embedded_inngest.http import JSON, Request, Response, json_response

_UNKNOWN_FIELD = "Cannot query field"
_REFUSED = 422
_NO_OPERATION = GraphQLError("no operation provided", extensions={"code": "GRAPHQL_VALIDATION_FAILED"})


async def answer(engine: Engine, request: Request) -> Response:
    """Answer a GraphQL request."""
    try:
        asked = _asked(request)
        query = str(asked.get("query") or "")
        document = parse(query)
    except (ValueError, TypeError) as error:
        return _refusal([GraphQLError(f"json request body could not be decoded: {error}")])
    except GraphQLError as error:
        return _refusal([error if query.strip() else _NO_OPERATION])
    complaints = validate(_schema(), document)
    if complaints:
        return _refusal([_named(complaint) for complaint in complaints])
    result = await _execute(engine, document, asked)
    errors = {"errors": [error.formatted for error in result.errors]} if result.errors else {}
    return json_response({**errors, "data": result.data}, 200, JSON)


def _asked(request: Request) -> dict[str, Any]:
    if request.method == "GET":
        return {**request.query, "variables": wire.decode(request.query.get("variables") or "{}")}
    return dict(wire.decode(request.body))


async def _execute(engine: Engine, document: DocumentNode, asked: dict[str, Any]) -> ExecutionResult:
    root = {**Queries(engine).fields(), **Mutations(engine).fields()}
    result = execute(
        _schema(),
        document,
        root_value=root,
        variable_values=asked.get("variables") or {},
        operation_name=asked.get("operationName") or None,
    )
    return result if isinstance(result, ExecutionResult) else await result


def _refusal(errors: list[GraphQLError]) -> Response:
    return json_response({"errors": [error.formatted for error in errors], "data": None}, _REFUSED, JSON)


def _named(complaint: GraphQLError) -> GraphQLError:
    """Say of an unknown field that the fault may be ours."""
    if not complaint.message.startswith(_UNKNOWN_FIELD):
        return complaint
    message = f"{complaint.message} Not imitated by the embedded engine, if the real server knows it."
    return GraphQLError(message, complaint.nodes)


@cache
def _schema() -> GraphQLSchema:
    return build_schema(Path(__file__).with_name("schema.graphql").read_text())
