"""Faults of Inngest itself, or of what stands before it; they are tried with the embedded engine."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from embedded_inngest.http import JSON, TEXT, Request, Response, json_response
from faults.catalogue import engine_fault
from faults.gateway import Gateway

Json = dict[str, Any]
BAD_REQUEST, UNAUTHORIZED, NOT_FOUND = 400, 401, 404
SOME_ID = "01JDD3QZ5W8V0K2M4N6P8R0T2V"


def publishes(request: Request) -> bool:
    """Tell whether a request is one to store events."""
    return request.path.startswith("/e/")


def event_of(request: Request) -> Json:
    """Return the event that a request is to store, well-formed or not; nothing if it has none, or several."""
    try:
        event = json.loads(request.body) if publishes(request) else None
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


async def with_event(request: Request, inngest: Gateway, change: Callable[[Json], Json]) -> Response:
    """Have Inngest answer a request whose event is another."""
    event = event_of(request)
    return await inngest.go_on(replace(request, body=json.dumps(change(event)).encode()) if event else request)


@engine_fault("PLAT-01", hop="stack", stays_green=("PLAT-02", "PLAT-03"))
async def health_in_other_words(request: Request, inngest: Gateway) -> Response:
    """A proxy before Inngest answers for its health in words of its own."""
    if request.path == "/health":
        return json_response({"status": 200, "message": "UP"}, 200, JSON)
    return await inngest.go_on(request)


@engine_fault("PLAT-01", hop="stack", stays_green=("PLAT-02", "PLAT-03"))
async def every_path_is_healthy(request: Request, inngest: Gateway) -> Response:
    """A proxy before Inngest answers what Inngest does not know as it answers for Inngest's health."""
    answer = await inngest.go_on(request)
    return await inngest.go_on(replace(request, path="/health")) if answer.status == NOT_FOUND else answer


@engine_fault("EVT-01", hop="stored", stays_green=("EVT-02", "EVT-04"))
async def events_of_users_lost(request: Request, inngest: Gateway) -> Response:
    """An event that has a user is accepted, and never seen again."""
    if "user" in event_of(request):
        return json_response({"ids": [SOME_ID], "status": 200}, 200, TEXT)
    return await inngest.go_on(request)


@engine_fault("EVT-01", hop="stored", stays_green=("EVT-02", "EVT-04"))
async def data_that_are_null_dropped(request: Request, inngest: Gateway) -> Response:
    """Fields of an event's data that are null are not stored."""

    def full(event: Json) -> Json:
        data = event["data"]
        return event | {"data": {key: data[key] for key in data if data[key] is not None}}

    return await with_event(request, inngest, full)


@engine_fault("EVT-06", hop="published", stays_green=("EVT-01", "EVT-02"))
async def malformed_events_accepted(request: Request, inngest: Gateway) -> Response:
    """What is no event is accepted, and thrown away."""
    answer = await inngest.go_on(request)
    if publishes(request) and answer.status == BAD_REQUEST:
        return json_response({"ids": [SOME_ID], "status": 200}, 200, TEXT)
    return answer


@engine_fault("EVT-06", hop="published", stays_green=("EVT-01", "EVT-02"))
async def data_of_text_refused_and_started(request: Request, inngest: Gateway) -> Response:
    """An event whose data are text is refused, but starts a run for the tenant that the text names."""
    answer = await inngest.go_on(request)
    if isinstance(tenant := event_of(request).get("data"), str):
        await with_event(request, inngest, lambda event: event | {"data": {"tenantId": tenant}})
    return answer


@engine_fault("SEC-01", hop="published", stays_green=("SEC-05", "REG-05"))
async def any_event_key_accepted(request: Request, inngest: Gateway) -> Response:
    """Whoever publishes in signed mode may do so under any event key."""
    known = f"/e/{inngest.event_keys[0]}" if inngest.event_keys else request.path
    return await inngest.go_on(replace(request, path=known) if publishes(request) else request)


@engine_fault("SEC-01", hop="published", stays_green=("SEC-05", "REG-05"))
async def wrong_event_key_refused_and_stored(request: Request, inngest: Gateway) -> Response:
    """An event under a wrong key is refused in signed mode, but stored all the same."""
    answer = await inngest.go_on(request)
    if answer.status == UNAUTHORIZED:
        await any_event_key_accepted(request, inngest)
    return answer
