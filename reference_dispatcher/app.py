"""The service: its routes, its life, and its whole main."""

import argparse
import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import inngest
import inngest.fast_api
import psycopg
import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse

from reference_dispatcher.functions import Functions, make_functions
from reference_dispatcher.parts import Parts, default_parts
from reference_dispatcher.settings import Settings, SettingsError, read_settings
from reference_dispatcher.store import Database
from reference_dispatcher.webhook_api import add_webhook_api

PROBE_PATIENCE = 0.5
"""Seconds after which a database counts as down: whoever asks for health waits no longer than a second as a rule."""


def make_client(settings: Settings) -> inngest.Inngest:
    """Return the SDK's client, which is told everything by our settings and nothing by the environment."""
    return inngest.Inngest(
        app_id=settings.inngest_app_id,
        api_base_url=settings.inngest_base_url,
        event_api_base_url=settings.inngest_base_url,
        event_key=settings.inngest_event_key,
        signing_key=settings.inngest_signing_key,
        is_production=not settings.inngest_dev,
        logger=logging.getLogger("inngest"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What the dispatcher is built from; whoever wants another behaviour replaces one of these."""

    settings: Callable[..., Settings] = read_settings
    parts: Callable[[Settings], Parts] = default_parts
    client: Callable[[Settings], inngest.Inngest] = make_client
    functions: Callable[[inngest.Inngest, Parts], Functions] = make_functions
    routes: Callable[[FastAPI, inngest.Inngest, Database], None] = add_webhook_api


AS_IT_SHOULD_BE = Design()


def run(design: Design = AS_IT_SHOULD_BE, argv: Sequence[str] | None = None) -> None:
    """Be the dispatcher until told to stop; a setting that is wrong ends the process with one line and code 2.

    Args:
        design: What the dispatcher is built from.
        argv: The command line without the program's name; the process's own if omitted.
    """
    options = _parser().parse_args(argv)
    try:
        settings = design.settings(host=options.host, port=options.port)
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the one line for the person who started us
        raise SystemExit(2) from None
    _log_to_stderr()
    app = create_app(settings, design)
    uvicorn.run(app, host=settings.host, port=settings.port, log_config=None, access_log=False)


def create_app(settings: Settings, design: Design = AS_IT_SHOULD_BE) -> FastAPI:
    """Return the application; it starts whether or not database and Inngest can be reached."""
    parts = design.parts(settings)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        await parts.database.open()
        yield
        await parts.database.close()

    app = FastAPI(title="Reference dispatcher", lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)
    client = design.client(settings)
    inngest.fast_api.serve(app, client, design.functions(client, parts), serve_origin=settings.serve_origin)
    design.routes(app, client, parts.database)
    _add_health(app, parts)
    return app


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m reference_dispatcher", description="Deliver events to webhooks.")
    parser.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", help="port to listen on (default: PORT, else 3000)")
    return parser


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs URLs, and that of the event API holds the event key
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # it warns at each attempt; /api/health tells it as well


def _add_health(app: FastAPI, parts: Parts) -> None:
    @app.get("/api/health")
    async def health() -> JSONResponse:
        up = await _reaches_database(parts)
        state = "UP" if up else "DOWN"
        body = {"status": state, "database": state, "time": datetime.now(UTC).isoformat()}
        return JSONResponse(body, status_code=200 if up else 503)


async def _reaches_database(parts: Parts) -> bool:
    try:
        async with asyncio.timeout(PROBE_PATIENCE):
            await parts.database.rows("SELECT 1", {})
    except (psycopg.Error, TimeoutError):
        return False
    return True
