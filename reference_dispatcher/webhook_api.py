"""The webhook API: each tenant manages its own webhooks and reads its deliveries; secrets go in and never come out."""

from typing import Annotated, Any
from uuid import uuid4

import inngest
import psycopg
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as AnyHTTPException

from reference_dispatcher.api_models import DeliveryFilter, Id, NewWebhook, WebhookChange
from reference_dispatcher.store import Database
from reference_dispatcher.webhook_store import Row, WebhookStore


def tenant_header(x_tenant_id: Annotated[str, Header()] = "") -> str:
    """Return the tenant on whose behalf a request is made.

    Raises:
        HTTPException: The request names none.
    """
    if not x_tenant_id:
        raise HTTPException(400, "the header X-Tenant-ID is missing or empty")
    return x_tenant_id


Tenant = Annotated[str, Depends(tenant_header)]
Filter = Annotated[DeliveryFilter, Query()]


def add_webhook_api(
    app: FastAPI, client: inngest.Inngest, database: Database, rows: type[WebhookStore] = WebhookStore
) -> None:
    """Add the routes below `/api/webhooks`, and the form in which every route of the service reports an error.

    Args:
        app: Gets the routes.
        client: Publishes the events that try webhooks.
        database: Where they are.
        rows: How they are read and written.
    """
    store = rows(database)
    router = APIRouter(prefix="/api/webhooks")
    _add_reading(router, store)
    _add_writing(router, store)
    _add_test(router, store, client)
    app.include_router(router)
    _add_error_form(app)


def _add_reading(router: APIRouter, store: WebhookStore) -> None:
    @router.get("")
    async def list_webhooks(tenant: Tenant) -> dict[str, Any]:
        return {"webhooks": await store.all(tenant)}

    @router.get("/deliveries")
    async def list_deliveries(tenant: Tenant, wanted: Filter) -> dict[str, Any]:
        return {"deliveries": await store.deliveries(tenant, wanted.to_params())}

    @router.get("/{webhook_id}")
    async def show_webhook(tenant: Tenant, webhook_id: Id) -> Row:
        return _found(await store.one(tenant, webhook_id))


def _add_writing(router: APIRouter, store: WebhookStore) -> None:
    @router.post("", status_code=201)
    async def create_webhook(tenant: Tenant, webhook: NewWebhook) -> Row:
        return await store.create(tenant, webhook.model_dump())

    @router.put("/{webhook_id}")
    async def change_webhook(tenant: Tenant, webhook_id: Id, change: WebhookChange) -> Row:
        return _found(await store.change(tenant, webhook_id, change.model_dump(exclude_none=True)))

    @router.delete("/{webhook_id}", status_code=204)
    async def delete_webhook(tenant: Tenant, webhook_id: Id) -> None:
        if not await store.delete(tenant, webhook_id):
            _found(None)


def _add_test(router: APIRouter, store: WebhookStore, client: inngest.Inngest) -> None:
    @router.post("/{webhook_id}/test")
    async def test_webhook(tenant: Tenant, webhook_id: Id) -> dict[str, Any]:
        _found(await store.one(tenant, webhook_id))
        event = inngest.Event(name="test/webhook", id=str(uuid4()), data={"webhookId": webhook_id, "tenantId": tenant})
        try:
            await client.send(event)
        except Exception as error:  # the SDK lets through whatever its HTTP client or its parser raises
            raise HTTPException(502, f"Inngest did not take the event: {type(error).__name__}") from error
        return {"message": "Test event published", "eventId": event.id, "eventName": event.name}


def _found(row: Row | None) -> Row:
    if row is None:
        raise HTTPException(404, "the tenant has no webhook with this id")
    return row


def _add_error_form(app: FastAPI) -> None:
    @app.exception_handler(AnyHTTPException)
    async def refused(_: Request, error: AnyHTTPException) -> JSONResponse:
        return JSONResponse({"error": error.detail}, status_code=error.status_code, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"error": "; ".join(map(_told, error.errors()))}, status_code=400)

    @app.exception_handler(psycopg.errors.UniqueViolation)
    async def taken(_: Request, __: Exception) -> JSONResponse:
        return JSONResponse({"error": "the tenant already has a webhook with this name"}, status_code=409)

    @app.exception_handler(psycopg.OperationalError)
    async def no_database(_: Request, __: Exception) -> JSONResponse:
        return JSONResponse({"error": "the database cannot be reached"}, status_code=503)


def _told(problem: dict[str, Any]) -> str:
    """Return where a problem is and what it is; never the value, which may be a secret."""
    return f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
