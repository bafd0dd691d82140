"""The receiver of a load: answers 200 at once and writes each arrival down; in a process of its own.

`python -m load.receiver --host 127.0.0.1 --port 9000 --arrivals FILE` writes a line `[event id, path, seconds]` each.
"""

import argparse
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TextIO

import orjson
import uvicorn

HEALTH = "/health"

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
_BODY = {"type": "http.response.body", "body": b"ok"}


class Writer:
    """An ASGI app that writes down what is posted to it."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        at = time.time()
        body = await _whole(receive)
        if scope["path"] != HEALTH:
            line = orjson.dumps([_id_in(body), scope["path"], at])
            self._file.write(f"{line.decode()}\n")
            self._file.flush()
        await send(_START)
        await send(_BODY)


async def _whole(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _id_in(body: bytes) -> str:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    identifier = found.get("id") if isinstance(found, dict) else None
    return identifier if isinstance(identifier, str) else ""


def main() -> None:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--arrivals", type=Path, required=True)
    options = parser.parse_args()
    with options.arrivals.open("a", encoding="utf-8") as file:
        uvicorn.run(
            Writer(file), host=options.host, port=options.port, lifespan="off", log_level="warning", access_log=False
        )


if __name__ == "__main__":
    main()
