"""Serves the probe functions to an engine and keeps every request, with the answer that was given.

`python -m tests.unit.embedded_inngest.probe_app --engine http://127.0.0.1:8288 --port 3100`; `GET /_log` returns what
was kept, in the form of the transcripts.
"""

import argparse
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import fastapi
import inngest
import inngest.fast_api
import uvicorn

from tests.unit.embedded_inngest import probe_functions
from tests.unit.embedded_inngest.recordings import LOG


def as_json(body: bytes) -> Any:
    """Return what JSON bytes say, or else the bytes as text."""
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")


class Log:
    """Keeps every request to the app and the app's answer, in the order in which they arrived."""

    def __init__(self) -> None:
        self._entries: list[dict[str, Any]] = []

    def entries(self) -> list[dict[str, Any]]:
        return sorted(self._entries, key=lambda entry: float(entry["t"]))

    async def keep(self, request: fastapi.Request, answer: Callable[[fastapi.Request], Awaitable[Any]]) -> Any:
        """Answer the request and keep both, unless it asks for what was kept; a middleware of FastAPI."""
        if request.url.path == LOG:
            return await answer(request)
        entry: dict[str, Any] = {"t": time.time(), "request": await self._asked(request)}
        response = await answer(request)
        body = b"".join([chunk async for chunk in response.body_iterator])
        headers = dict(response.headers)
        entry["response"] = {"status": response.status_code, "headers": headers, "body": as_json(body)}
        self._entries.append(entry)
        return fastapi.Response(body, response.status_code, headers)

    async def _asked(self, request: fastapi.Request) -> dict[str, Any]:
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        body = as_json(await request.body())
        return {"method": request.method, "url": target, "headers": dict(request.headers), "body": body}


def build(engine: str, event_key: str, signing_key: str | None) -> fastapi.FastAPI:
    """Return the app, with all its functions at its serve endpoint; with a signing key it is in production."""
    client = inngest.Inngest(
        app_id="probe",
        is_production=signing_key is not None,
        event_key=event_key,
        signing_key=signing_key,
        api_base_url=engine,
        event_api_base_url=engine,
    )
    app, log = fastapi.FastAPI(), Log()
    app.middleware("http")(log.keep)
    app.get(LOG)(log.entries)
    inngest.fast_api.serve(app, client, probe_functions.functions(client))
    return app


def main() -> None:
    """Serve the app until a signal ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", required=True, help="base URL of the engine")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--event-key", default="local")
    parser.add_argument("--signing-key", help="what the engine signs with, if it does")
    options = parser.parse_args()
    app = build(options.engine, options.event_key, options.signing_key)
    uvicorn.run(app, host=options.host, port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
