"""`/v0/gql`: the whole of the real schema; what is asked for and not imitated is an error that names it."""

from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLFormattedError,
    OperationType,
    execute,
    get_operation_ast,
)

from embedded_inngest import gojson, wire
from embedded_inngest.engine import Engine
from embedded_inngest.errors import EngineError
from embedded_inngest.gotypes import TypeMismatchError
from embedded_inngest.graphql.mutations import Mutations
from embedded_inngest.graphql.queries import Queries
from embedded_inngest.graphql.schema import read, resolve, schema
from embedded_inngest.http import JSON, TEXT, Request, Response, json_response

_UNTRANSPORTED = 400
_READING_ONLY = 406
_REFUSED = 422
_INVALID = "GRAPHQL_VALIDATION_FAILED"
_UNREADABLE = "GRAPHQL_PARSE_FAILED"
_SYNTAX_ERROR = "Syntax Error: "


class RefusedError(EngineError):
    """A request that is not executed; says so with a status, and in the words of the real server."""

    def __init__(self, status: int, *errors: GraphQLFormattedError, content_type: tuple[str, str] = JSON) -> None:
        super().__init__(errors[0]["message"])
        self.response = json_response({"errors": errors, "data": None}, status, content_type)


async def answer(engine: Engine, request: Request) -> Response:
    """Answer a GraphQL request."""
    try:
        asked = _asked(request)
        document = _document(str(asked.get("query") or ""), engine.options.release.schema)
        _check_operation(document, asked.get("operationName") or None, request)
        result = await _execute(engine, document, asked)
    except RefusedError as refusal:
        return refusal.response
    errors = {"errors": [_located(error) for error in result.errors]} if result.errors else {}
    return json_response({**errors, "data": result.data}, 200, JSON)


def _asked(request: Request) -> dict[str, Any]:
    """Read what is asked: in the query of a GET, in the JSON of a POST."""
    is_json = request.headers.get("content-type", "").split(";")[0].strip().lower() == "application/json"
    if request.method == "GET":
        given = request.query.get("variables") or "{}"
        return {**request.query, "variables": _decoded(given.encode(), "variables could not be decoded")}
    if request.method != "POST" or not is_json:
        raise RefusedError(_UNTRANSPORTED, {"message": "transport not supported"}, content_type=TEXT)
    shown = f" body:{request.body.decode('utf-8', 'replace')}"
    return _decoded(request.body, "json request body could not be decoded", shown)


def _decoded(raw: bytes, complaint: str, shown: str = "") -> dict[str, Any]:
    try:
        content = wire.decode(raw)
    except ValueError:
        raise RefusedError(_UNTRANSPORTED, {"message": f"{complaint}: {gojson.reader_complaint(raw)}{shown}"}) from None
    if not isinstance(content, dict | None):
        said = str(TypeMismatchError(content, "value of type graphql.RawParams"))
        raise RefusedError(_UNTRANSPORTED, {"message": f"{complaint}: {said}{shown}"})
    return content or {}


def _document(query: str, schema_file: str) -> DocumentNode:
    if not query.strip():
        raise RefusedError(_REFUSED, {"message": "no operation provided", "extensions": {"code": _INVALID}})
    try:
        document, complaints = read(query, schema_file)
    except GraphQLError as error:
        message = error.message.removeprefix(_SYNTAX_ERROR).removesuffix(".")
        raise RefusedError(
            _REFUSED, {**error.formatted, "message": message, "extensions": {"code": _UNREADABLE}}
        ) from None
    if complaints:
        raise RefusedError(_REFUSED, *(_invalid(complaint) for complaint in complaints))
    return document


def _check_operation(document: DocumentNode, name: str | None, request: Request) -> None:
    operation = get_operation_ast(document, name)
    if operation is None:
        raise RefusedError(_REFUSED, {"message": f"operation {name or ''} not found", "extensions": {"code": _INVALID}})
    if request.method == "GET" and operation.operation is not OperationType.QUERY:
        raise RefusedError(_READING_ONLY, {"message": "GET requests only allow query operations"})


def _invalid(error: GraphQLError) -> GraphQLFormattedError:
    """Say what is wrong with a document, with names quoted as the real server quotes them."""
    return {**error.formatted, "message": error.message.replace("'", '"'), "extensions": {"code": _INVALID}}


async def _execute(engine: Engine, document: DocumentNode, asked: dict[str, Any]) -> ExecutionResult:
    result = execute(
        schema(engine.options.release.schema),
        document,
        root_value={**Queries(engine).fields(), **Mutations(engine).fields()},
        variable_values=asked.get("variables") or {},
        operation_name=asked.get("operationName") or None,
        field_resolver=resolve,
    )
    result = result if isinstance(result, ExecutionResult) else await result
    unplaced = [error for error in result.errors or () if error.path is None]
    if unplaced:
        raise RefusedError(_REFUSED, *(_invalid(error) for error in unplaced))
    return result


def _located(error: GraphQLError) -> GraphQLFormattedError:
    """Show an error of an answer, which says of what field it is and, as on the real server, not of what line."""
    formatted = error.formatted
    formatted.pop("locations", None)
    return formatted
