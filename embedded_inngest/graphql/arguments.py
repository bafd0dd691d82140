"""Arguments, read and refused in the words of the real server."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLError

from embedded_inngest.clock import is_ulid
from embedded_inngest.errors import NotImitatedError

NO_ROWS = "sql: no rows in result set"
"""What the real server says of what its tables do not have."""

_TIME_LAYOUT = "2006-01-02T15:04:05.999999999Z07:00"


def second(text: Any) -> float:
    """Read a time.

    Raises:
        GraphQLError: It is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        complaint = f'parsing time "{text}" as "{_TIME_LAYOUT}": cannot parse "{text}" as "2006"'
        raise GraphQLError(complaint) from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def ulid(text: Any, context: str = "") -> str:
    """Read the id of an event or a run.

    Raises:
        GraphQLError: It is none; the context says what was read.
    """
    if not is_ulid(str(text)):
        raise GraphQLError(f"{context}ulid: bad data size when unmarshaling")
    return str(text).upper()


def uuid_of(text: Any) -> str:
    """Read the id of an app or a function.

    Raises:
        GraphQLError: It is none.
    """
    try:
        return str(uuid.UUID(str(text)))
    except ValueError:
        raise GraphQLError(f"invalid UUID length: {len(str(text))}") from None


def refuse_given(given: Mapping[str, Any], *names: str) -> None:
    """Refuse arguments that are not imitated, if they are given.

    Raises:
        GraphQLError: One is, and is named.
    """
    for name in names:
        if given.get(name) is not None:
            raise GraphQLError(str(NotImitatedError(name)))
