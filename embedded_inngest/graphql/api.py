"""`/v0/gql`: the whole of the real schema; what is asked for and not imitated is an error that names it."""

from typing import Any

from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLFormattedError, execute

from embedded_inngest import wire
from embedded_inngest.engine import Engine
from embedded_inngest.graphql.mutations import Mutations
from embedded_inngest.graphql.queries import Queries
from embedded_inngest.graphql.schema import read, resolve, schema
from embedded_inngest.http import JSON, Request, Response, json_response

_REFUSED = 422
_NO_OPERATION = GraphQLError("no operation provided", extensions={"code": "GRAPHQL_VALIDATION_FAILED"})


async def answer(engine: Engine, request: Request) -> Response:
    """Answer a GraphQL request."""
    try:
        asked = _asked(request)
        query = str(asked.get("query") or "")
        document, complaints = read(query)
    except (ValueError, TypeError) as error:
        return _refusal([GraphQLError(f"json request body could not be decoded: {error}")])
    except GraphQLError as error:
        return _refusal([error if query.strip() else _NO_OPERATION])
    if complaints:
        return _refusal(complaints)
    result = await _execute(engine, document, asked)
    errors = {"errors": [_located(error) for error in result.errors]} if result.errors else {}
    return json_response({**errors, "data": result.data}, 200, JSON)


def _asked(request: Request) -> dict[str, Any]:
    if request.method == "GET":
        return {**request.query, "variables": wire.decode(request.query.get("variables") or "{}")}
    return dict(wire.decode(request.body))


async def _execute(engine: Engine, document: DocumentNode, asked: dict[str, Any]) -> ExecutionResult:
    result = execute(
        schema(),
        document,
        root_value={**Queries(engine).fields(), **Mutations(engine).fields()},
        variable_values=asked.get("variables") or {},
        operation_name=asked.get("operationName") or None,
        field_resolver=resolve,
    )
    return result if isinstance(result, ExecutionResult) else await result


def _refusal(errors: list[GraphQLError]) -> Response:
    return json_response({"errors": [error.formatted for error in errors], "data": None}, _REFUSED, JSON)


def _located(error: GraphQLError) -> GraphQLFormattedError:
    """Show an error of an answer, which says of what field it is and, as on the real server, not of what line."""
    formatted = error.formatted
    formatted.pop("locations", None)
    return formatted
