"""`/v0/gql`."""

from embedded_inngest.engine import Engine
from embedded_inngest.errors import NotImitatedError
from embedded_inngest.http import Request, Response


async def answer(engine: Engine, request: Request) -> Response:
    """Answer a GraphQL request."""
    raise NotImitatedError(f"{engine} {request}")
