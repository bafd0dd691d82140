"""The real server's schema; a field for which no view has a value is not imitated, and says so."""

from functools import cache
from pathlib import Path
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema, build_schema

from embedded_inngest.errors import NotImitatedError


@cache
def schema() -> GraphQLSchema:
    """Return the schema."""
    return build_schema(Path(__file__).with_name("schema.graphql").read_text())


def resolve(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
    """Take a field out of a view.

    Raises:
        GraphQLError: The view has no such field: it is not imitated.
    """
    if info.field_name not in source:
        raise GraphQLError(str(NotImitatedError(f"{info.parent_type.name}.{info.field_name}")))
    value = source[info.field_name]
    return value(info, **arguments) if callable(value) else value
