"""The kernel's routes and its whole main."""

import argparse
import logging
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import httpx
import uvicorn
from fastapi import Body, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from reference_kernel.catalogue import TEST_EVENTS
from reference_kernel.publisher import Event, Publisher, PublishError
from reference_kernel.settings import Settings, SettingsError, read_settings

Json = dict[str, Any]
Overrides = Annotated[Json | None, Body()]


def _publishable(name: str) -> str:
    if not name or name.lower().startswith("inngest/"):
        raise ValueError("is empty, or reserved by Inngest")
    return name


class PublishRequest(BaseModel):
    """What `POST /publish` takes in."""

    model_config = ConfigDict(strict=True)

    eventName: Annotated[str, AfterValidator(_publishable)]  # noqa: N815 - as it comes
    data: Json = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What the kernel is built from; whoever wants another behaviour replaces one of these."""

    settings: Callable[..., Settings] = read_settings
    publisher: Callable[[httpx.AsyncClient, str], Publisher] = Publisher


AS_IT_SHOULD_BE = Design()


def run(design: Design = AS_IT_SHOULD_BE, argv: Sequence[str] | None = None) -> None:
    """Be the kernel until told to stop; a setting that is wrong ends the process with one line and code 2.

    Args:
        design: What the kernel is built from.
        argv: The command line without the program's name; the process's own if omitted.
    """
    parser = argparse.ArgumentParser(prog="python -m reference_kernel", description="Publish events to Inngest.")
    parser.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", help="port to listen on (default: PORT, else 8080)")
    options = parser.parse_args(argv)
    try:
        settings = design.settings(host=options.host, port=options.port)
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the one line for the person who started us
        raise SystemExit(2) from None
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs URLs, and that of the event API holds the event key
    http = httpx.AsyncClient(base_url=settings.inngest_base_url, trust_env=False)
    app = create_app(settings, http, design)
    uvicorn.run(app, host=settings.host, port=settings.port, log_config=None, access_log=False)


def create_app(settings: Settings, http: httpx.AsyncClient, design: Design = AS_IT_SHOULD_BE) -> FastAPI:
    """Return the application, which publishes by `http`; it starts whether or not Inngest can be reached."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        await http.aclose()

    app = FastAPI(title="Reference kernel", lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)
    publisher = design.publisher(http, settings.inngest_event_key)
    _add_events(app, publisher)
    _add_health(app, publisher)
    _add_error_form(app)
    return app


def _add_events(app: FastAPI, publisher: Publisher) -> None:
    for endpoint, (name, data) in TEST_EVENTS.items():
        app.post(f"/api/v1/events/test/{endpoint}")(_test_endpoint(publisher, name, data))

    @app.post("/api/v1/events/test/batch")
    async def publish_batch(overrides: Overrides = None) -> Json:
        events = [Event(name=name, data=data | (overrides or {})) for name, data in TEST_EVENTS.values()]
        await _published(publisher, *events)
        ids, names = [event.id for event in events], [event.name for event in events]
        return {"message": f"{len(events)} events published", "eventIds": ids, "eventNames": names}

    @app.post("/api/v1/events/publish")
    async def publish(wanted: PublishRequest) -> Json:
        return await _published(publisher, Event(name=wanted.eventName, data=wanted.data))


def _test_endpoint(publisher: Publisher, name: str, data: Json) -> Callable[..., Any]:
    async def publish_test(overrides: Overrides = None) -> Json:
        """Publish the documented event; fields of the body replace fields of its data or add to them."""
        return await _published(publisher, Event(name=name, data=data | (overrides or {})))

    return publish_test


async def _published(publisher: Publisher, *events: Event) -> Json:
    await publisher.publish(events)
    logging.getLogger("reference_kernel").info("published %s", ", ".join(f"{e.name} {e.id}" for e in events))
    return {"message": "Event published", "eventId": events[0].id, "eventName": events[0].name}


def _add_health(app: FastAPI, publisher: Publisher) -> None:
    @app.get("/actuator/health")
    async def health() -> JSONResponse:
        if await publisher.reachable():
            return JSONResponse({"status": "UP"})
        return JSONResponse({"status": "DOWN"}, status_code=503)


def _add_error_form(app: FastAPI) -> None:
    @app.exception_handler(PublishError)
    async def unpublished(_: Request, error: PublishError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, status_code=error.status)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        text = "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
        return JSONResponse({"error": text}, status_code=400)

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"error": error.detail}, status_code=error.status_code, headers=error.headers)
