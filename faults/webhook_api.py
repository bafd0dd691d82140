"""Faults of the webhook API: for whom it works, what it takes, and what it tells."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import FastAPI, Header, Request, Response
from fastapi.responses import JSONResponse

from faults.catalogue import fault
from faults.changes import Handler, with_gateway
from reference_dispatcher.app import Design
from reference_dispatcher.webhook_api import add_webhook_api, tenant_header
from reference_dispatcher.webhook_store import Row, WebhookStore

OWNER = "SELECT tenant_id FROM sys_webhooks WHERE webhook_id = %(id)s"
NEAR = ("REC-07", "MAT-04")
"""What the API and the tenants still keep."""


def with_store(design: Design, rows: type[WebhookStore]) -> Design:
    """Return the design whose API reads and writes in another way."""
    return replace(design, routes=partial(add_webhook_api, rows=rows))


class _Everybodys(WebhookStore):
    """Finds the owner of a webhook, whoever asks."""

    async def owner(self, tenant: str, webhook_id: int) -> str:
        found = await self._database.rows(OWNER, {"id": webhook_id})
        return str(found[0]["tenant_id"]) if found else tenant


@fault("SEC-04", hop="recorded", stays_green=NEAR)
def webhooks_listed_with_their_secrets(design: Design) -> Design:
    """The list of webhooks shows whole rows."""

    class Showing(WebhookStore):
        async def all(self, tenant: str) -> Sequence[Row]:
            return await self._database.rows(
                "SELECT * FROM sys_webhooks WHERE tenant_id = %(tenant)s", {"tenant": tenant}
            )

    return with_store(design, Showing)


@fault("SEC-04", hop="recorded", stays_green=NEAR)
def secret_told_when_created(design: Design) -> Design:
    """The answer to a POST repeats the secret."""

    class Repeating(WebhookStore):
        async def create(self, tenant: str, fields: Mapping[str, Any]) -> Row:
            return {**await super().create(tenant, fields), "secret": fields["secret"]}

    return with_store(design, Repeating)


@fault("SEC-04", hop="recorded", stays_green=NEAR)
def secret_told_when_changed(design: Design) -> Design:
    """The answer to a PUT repeats what was put, the secret as well."""

    class Repeating(WebhookStore):
        async def change(self, tenant: str, webhook_id: int, fields: Mapping[str, Any]) -> Row | None:
            row = await super().change(tenant, webhook_id, fields)
            return row and {**row, **fields}

    return with_store(design, Repeating)


@fault("SEC-04", hop="recorded", stays_green=NEAR)
def input_quoted_in_errors(design: Design) -> Design:
    """An error repeats the whole input that it is about."""

    async def quote(request: Request, handle: Handler) -> Response:
        body = await request.body()
        answer = await handle(request)
        wrong = answer.status_code == 400 and request.url.path.startswith("/api/webhooks")  # noqa: PLR2004 - HTTP's word for it
        return JSONResponse({"error": body.decode(errors="replace")}, status_code=400) if wrong else answer

    return with_gateway(design, quote)


@fault("SEC-04", hop="recorded", stays_green=NEAR)
def webhooks_of_all_tenants_listed(design: Design) -> Design:
    """The list of webhooks is everybody's."""

    class Open(WebhookStore):
        async def all(self, tenant: str) -> Sequence[Row]:  # noqa: ARG002 - that is the fault
            tenants = await self._database.rows("SELECT DISTINCT tenant_id FROM sys_webhooks", {})
            return [row for each in tenants for row in await super(Open, self).all(each["tenant_id"])]

    return with_store(design, Open)


@fault("SEC-04", hop="recorded", stays_green=NEAR)
def any_webhook_shown_and_tried(design: Design) -> Design:
    """Whoever knows the id of a webhook may look at it, and have it tried."""

    class Open(_Everybodys):
        async def one(self, tenant: str, webhook_id: int) -> Row | None:
            return await super().one(await self.owner(tenant, webhook_id), webhook_id)

    return with_store(design, Open)


@fault("SEC-04", hop="recorded", stays_green=NEAR)
def any_webhook_changed(design: Design) -> Design:
    """Whoever knows the id of a webhook may change it."""

    class Open(_Everybodys):
        async def change(self, tenant: str, webhook_id: int, fields: Mapping[str, Any]) -> Row | None:
            return await super().change(await self.owner(tenant, webhook_id), webhook_id, fields)

    return with_store(design, Open)


@fault("SEC-04", hop="recorded", stays_green=NEAR)
def any_webhook_deleted(design: Design) -> Design:
    """Whoever knows the id of a webhook may delete it."""

    class Open(_Everybodys):
        async def delete(self, tenant: str, webhook_id: int) -> bool:
            return await super().delete(await self.owner(tenant, webhook_id), webhook_id)

    return with_store(design, Open)


@fault("SEC-04", hop="recorded", stays_green=NEAR)
def tenant_taken_for_default(design: Design) -> Design:
    """A request that names no tenant is one of the tenant `default`."""

    def tenant(x_tenant_id: str = Header("")) -> str:
        return x_tenant_id or "default"

    def routes(app: FastAPI, *others: Any) -> None:
        design.routes(app, *others)
        app.dependency_overrides[tenant_header] = tenant

    return replace(design, routes=routes)


@fault("SEC-04", hop="recorded", stays_green=NEAR)
def wrong_input_as_a_server_error(design: Design) -> Design:
    """What is wrong with the input is told as a breakdown of the server."""

    async def break_down(request: Request, handle: Handler) -> Response:
        answer = await handle(request)
        wrong = answer.status_code == 400 and request.url.path.startswith("/api/webhooks")  # noqa: PLR2004 - HTTP's word for it
        return JSONResponse({"error": "internal"}, status_code=500) if wrong else answer

    return with_gateway(design, break_down)
