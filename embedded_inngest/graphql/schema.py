"""The real server's schema; a field for which no view has a value is not imitated, and says so."""

from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLInt,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    parse,
    validate,
)

from embedded_inngest.errors import NotImitatedError

_KEPT = 100
"""Queries."""


@cache
def schema(file: str) -> GraphQLSchema:
    """Return the schema of a release."""
    GraphQLInt.coerce_output_value = _whole  # the real one's has 64 bits: runs of months have durations
    return build_schema(Path(__file__).with_name(file).read_text())


def _whole(value: Any) -> int:
    return int(value)


@lru_cache(maxsize=_KEPT)
def read(query: str, file: str) -> tuple[DocumentNode, list[GraphQLError]]:
    """Parse and check a query; clients ask the same ones again and again, and the check takes longer than the answer.

    Raises:
        GraphQLError: It can't be parsed.
    """
    document = parse(query)
    return document, validate(schema(file), document)


def resolve(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
    """Take a field out of a view.

    Raises:
        GraphQLError: The view has no such field: it is not imitated.
    """
    if info.field_name not in source:
        raise GraphQLError(str(NotImitatedError(f"{info.parent_type.name}.{info.field_name}")))
    value = source[info.field_name]
    return value(info, **arguments) if callable(value) else value
