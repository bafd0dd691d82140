"""Faults of registration: what Inngest is told of the functions, and which events start them."""

from dataclasses import replace
from typing import Any

import inngest
from fastapi import Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from faults.catalogue import fault, with_parts
from faults.changes import Handler, with_functions, with_gateway, with_settings
from reference_dispatcher.app import Design
from reference_dispatcher.functions import Dispatch, Functions
from reference_dispatcher.parts import CATALOGUE, Parts
from reference_dispatcher.payload import published_event

SERVE = "/api/inngest"
Json = dict[str, Any]


def is_sync(request: Request) -> bool:
    """Tell whether a call asks the dispatcher to register."""
    return request.method == "PUT" and request.url.path == SERVE


def with_triggers(design: Design, *triggers: str) -> Design:
    """Return the design that is started by other events."""
    return with_parts(design, lambda parts: replace(parts, triggers=triggers))


def with_class(design: Design, **attributes: object) -> Design:
    """Return the design whose function is configured in another way."""
    return with_functions(design, type("OtherDispatch", (Dispatch,), attributes))


def with_second(design: Design, name: str) -> Design:
    """Return the design with one more function that does the same."""

    def functions(client: inngest.Inngest, parts: Parts) -> Functions:
        parent, child = design.functions(client, parts)
        return [parent, child, type("Second", (Dispatch,), {"id": name})(parts, child).create(client)]

    return replace(design, functions=functions)


@fault("PLAT-02", hop="stack", stays_green=("PLAT-01", "PLAT-03"))
def serve_endpoint_hidden(design: Design) -> Design:
    """Whoever looks at the serve endpoint gets the page that the site shows for every path."""

    async def handle(request: Request, go_on: Handler) -> Response:
        if request.method == "GET" and request.url.path == SERVE:
            return PlainTextResponse("<html>Beema Studio</html>")
        return await go_on(request)

    return with_gateway(design, handle)


@fault("PLAT-04", hop="delivered", stays_green=("PLAT-02", "PLAT-03"))
def nothing_ever_sent(design: Design) -> Design:
    """Events are matched with a table that is empty, and nothing is ever sent."""

    class Nobody:
        async def match(self, *_: object) -> list[int]:
            return []

    return with_parts(design, lambda parts: replace(parts, matcher=Nobody()))


@fault("REG-01", hop="registered", stays_green=("PLAT-02", "PLAT-03"))
def other_function_id(design: Design) -> Design:
    """The function has an id that nobody knows."""
    return with_class(design, id="webhooks")


@fault("REG-01", hop="registered", stays_green=("PLAT-02", "PLAT-03"))
def other_app_id(design: Design) -> Design:
    """The function is registered under an app of another name."""
    return with_settings(design, lambda settings: replace(settings, inngest_app_id="studio"))


@fault("REG-01", hop="registered", stays_green=("PLAT-02", "PLAT-03"))
def never_synced(design: Design) -> Design:
    """The dispatcher answers a sync, but tells Inngest nothing."""

    async def handle(request: Request, go_on: Handler) -> Response:
        return JSONResponse({"message": "Synced"}) if is_sync(request) else await go_on(request)

    return with_gateway(design, handle)


@fault("REG-04", hop="registered", stays_green=("PLAT-02", "REG-01"))
def synced_once(design: Design) -> Design:
    """The dispatcher registers once, and answers each later sync from memory."""
    synced: list[Request] = []

    async def handle(request: Request, go_on: Handler) -> Response:
        if is_sync(request):
            synced.append(request)
        return JSONResponse({"message": "Synced"}) if is_sync(request) and len(synced) > 1 else await go_on(request)

    return with_gateway(design, handle)


@fault("REG-01", "REG-03", hop="registered", stays_green=("PLAT-02", "PLAT-03"))
def registered_twice(design: Design) -> Design:
    """The function is registered a second time, under its old id."""
    return with_second(design, "old-webhook-dispatcher")


@fault("EVT-02", hop="run started", stays_green=("EVT-01", "REG-02"))
def two_functions_for_each_event(design: Design) -> Design:
    """A second function has the same triggers, and delivers everything again."""
    return with_second(design, "second-webhook-dispatcher")


@fault("REG-02", hop="run started", stays_green=("PLAT-02", "REG-01"))
def star_trigger(design: Design) -> Design:
    """The only trigger is `*`: it registers without complaint, and never fires."""
    return with_triggers(design, "*")


@fault("EVT-02", "REG-02", hop="run started", stays_green=("REG-01", "REG-03"))
def one_prefix_only(design: Design) -> Design:
    """The triggers cover the events of policies and no others."""
    return with_triggers(design, "policy/*", "test/*")


@fault("REG-06", hop="registered", stays_green=("REG-01", "REG-02"))
def no_retries_configured(design: Design) -> Design:
    """The function has no retries: what goes wrong once is lost."""
    return with_class(design, retries=0)


@fault("REG-06", hop="registered", stays_green=("REG-01", "REG-02"))
def one_run_at_a_time_configured(design: Design) -> Design:
    """The function runs for one event at a time."""
    return with_class(design, at_once=1)


@fault("REG-06", hop="registered", stays_green=("REG-01", "REG-02"))
def name_of_the_function_is_its_id(design: Design) -> Design:
    """The function has no name for people."""
    return with_class(design, name=Dispatch.id)


@fault("EVT-07", hop="run started", stays_green=("EVT-01", "EVT-02"))
def internal_events_delivered(design: Design) -> Design:
    """What Inngest tells itself of a run's end starts a run too, which delivers it to the webhooks for all events."""

    class Feedback(Dispatch):
        async def handle(self, ctx: inngest.Context) -> Json:
            event = published_event.get()
            cause = event.data.get("event", {}) if event.name.startswith("inngest/") else {}
            tenant = (cause.get("data") or {}).get("tenantId", "default")
            if not cause or cause["name"].startswith("inngest/"):
                return await super().handle(ctx)
            webhooks = await self.match(ctx, event, tenant)
            return self.summary(event, await self.fan_out(ctx, self.orders(event, webhooks)), message="")

    return with_functions(with_triggers(design, *CATALOGUE, "inngest/function.finished"), Feedback)


@fault("REG-05", "OPS-06", hop="run started", stays_green=("PLAT-02", "REG-01"))
def dev_mode_left_on(design: Design) -> Design:
    """The dispatcher is in dev mode, whatever its environment says."""
    return with_settings(design, lambda settings: replace(settings, inngest_dev=True))
