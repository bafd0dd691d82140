"""The webhook API: every answer is the tenant's own, every bad question is told, and no secret comes out."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from harness.databases.local import LocalPostgres
from reference_dispatcher.app import create_app
from reference_dispatcher.settings import Settings
from reference_dispatcher.store import Database, SqlRecorder
from tests.unit.reference_dispatcher.making import delivery, outcome
from tests.unit.reference_dispatcher.tables import Tables

pytestmark = pytest.mark.anyio

NEW = {"webhook_name": "mine", "event_type": "policy/bound", "url": "http://h.example/hook", "secret": "s3cret"}


@pytest.fixture
async def api(settings: Settings, tenant: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API on behalf of the tenant."""
    app = create_app(settings)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://dispatcher.example/api")
    client.headers["X-Tenant-ID"] = tenant
    async with app.router.lifespan_context(app), client:
        yield client


async def test_webhook_goes_in_and_comes_back(api: httpx.AsyncClient, tenant: str) -> None:
    """What is created is shown and listed, with defaults for what was left out, and belongs to the tenant."""
    created = await api.post("/webhooks", json=NEW)

    assert created.status_code == 201
    assert created.json().items() >= {"tenant_id": tenant, "enabled": True, "headers": {}, "success_count": 0}.items()
    assert created.json()["retry_config"] == {"maxAttempts": 3, "backoffMs": 1000}
    shown = await api.get(f"/webhooks/{created.json()['webhook_id']}")
    assert [shown.json()] == (await api.get("/webhooks")).json()["webhooks"] == [created.json()]


async def test_change_changes_what_it_names(api: httpx.AsyncClient, tables: Tables) -> None:
    """A change touches the given fields and no other, and can replace the secret without showing one."""
    webhook = (await api.post("/webhooks", json=NEW)).json()
    changed = await api.put(
        f"/webhooks/{webhook['webhook_id']}", json={"enabled": False, "secret": "n3w", "headers": {"X-A": "1"}}
    )

    assert changed.json() == webhook | {
        "enabled": False,
        "headers": {"X-A": "1"},
        "updated_at": changed.json()["updated_at"],
    }
    assert tables.status(webhook["webhook_id"])["secret"] == "n3w"


async def test_deleted_webhook_is_gone(api: httpx.AsyncClient) -> None:
    """A webhook can be deleted once, and is then unknown."""
    path = f"/webhooks/{(await api.post('/webhooks', json=NEW)).json()['webhook_id']}"

    assert [(await api.delete(path)).status_code for _ in range(2)] == [204, 404]
    assert (await api.get(path)).json() == {"error": "the tenant has no webhook with this id"}


async def test_no_answer_holds_a_secret(api: httpx.AsyncClient) -> None:
    """Creating, changing, showing and listing give no secret back, and neither does a refusal of one."""
    created = await api.post("/webhooks", json=NEW)
    path = f"/webhooks/{created.json()['webhook_id']}"
    answers = [
        created,
        await api.put(path, json={"secret": "s3cret2"}),
        await api.get(path),
        await api.get("/webhooks"),
    ]
    answers += [await api.post("/webhooks", json=NEW | {"secret": ["s3cret"]}), await api.post("/webhooks", json=NEW)]

    assert [answer.status_code for answer in answers] == [201, 200, 200, 200, 400, 409]
    assert not any("s3cret" in answer.text for answer in answers)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_webhook_of_another_tenant_does_not_exist(api: httpx.AsyncClient, tables: Tables, method: str) -> None:
    """Whoever names another tenant's webhook is told that there is none, and changes nothing."""
    stranger = tables.webhook(tenant_id="stranger", webhook_name=f"{tables}{method}")
    answer = await api.request(method, f"/webhooks/{stranger}", json={"enabled": False})

    assert (answer.status_code, list(answer.json())) == (404, ["error"])
    assert tables.status(stranger)["enabled"] is True


@pytest.mark.parametrize("headers", [{}, {"X-Tenant-ID": ""}], ids=["missing", "empty"])
@pytest.mark.parametrize("path", ["/webhooks", "/webhooks/1", "/webhooks/deliveries"])
async def test_tenant_must_be_named(api: httpx.AsyncClient, path: str, headers: dict[str, str]) -> None:
    """Without a tenant nothing is shown."""
    del api.headers["X-Tenant-ID"]
    answer = await api.get(path, headers=headers)

    assert (answer.status_code, answer.json()) == (400, {"error": "the header X-Tenant-ID is missing or empty"})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("webhook_name", ""),
        ("webhook_name", "a\0b"),
        ("event_type", 7),
        ("url", "ftp://h.example/"),
        ("url", "http://user:pass@h.example/"),
        ("secret", ""),
        ("secret", None),
        ("enabled", "yes"),
        ("headers", {"X": "a\r\nb"}),
        ("headers", {"X": 1}),
        ("headers", None),
        ("retry_config", {"maxAttempts": 0}),
        ("retry_config", {"maxAttempts": 11}),
        ("retry_config", {"backoffMs": -1}),
        ("retry_config", {"attempts": 3}),
        ("tenant_id", "other"),
        ("webhook_id", 1),
        ("success_count", 5),
    ],
)
async def test_bad_webhook_is_refused_by_field(api: httpx.AsyncClient, field: str, value: Any) -> None:
    """A webhook that could not be served, or claims what is not its own to say, is refused with the field's name."""
    answer = await api.post("/webhooks", json=NEW | {field: value})

    assert answer.status_code == 400
    assert answer.json()["error"].startswith(f"body.{field}")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null"])
async def test_body_that_is_no_object_is_refused(api: httpx.AsyncClient, body: bytes) -> None:
    """A body that cannot be read is 400 with an error, not a crash."""
    answer = await api.post("/webhooks", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, list(answer.json())) == (400, ["error"])


async def test_name_is_unique_in_the_tenant(api: httpx.AsyncClient) -> None:
    """The same name again is a conflict; another tenant may have it."""
    assert (await api.post("/webhooks", json=NEW)).status_code == 201
    again = await api.post("/webhooks", json=NEW)

    assert (again.status_code, again.json()) == (409, {"error": "the tenant already has a webhook with this name"})


async def recorded(database: Database, webhook_id: int, *statuses: Any) -> None:
    """Record one event for each status; the second is a second later than the first, and so on."""
    for number, status in enumerate(statuses):
        await SqlRecorder(database).record(
            delivery(webhook_id=webhook_id, event_id=f"event-{number}"),
            outcome(status=status, finished_at=f"2026-11-23T12:00:0{number}+00:00"),
        )


@pytest.mark.parametrize(
    ("wanted", "events"),
    [
        ("", [2, 1, 0]),
        ("status=success", [2, 0]),
        ("event_id=event-1", [1]),
        ("event_id=event-9", []),
        ("limit=1", [2]),
        ("status=failed&event_id=event-1&limit=5", [1]),
        ("status=retrying", []),
    ],
)
async def test_deliveries_are_filtered(
    api: httpx.AsyncClient, database: Database, tables: Tables, wanted: str, events: list[int]
) -> None:
    """Deliveries come newest first, and each filter leaves out what does not fit."""
    hook = tables.webhook()
    await recorded(database, hook, "success", "failed", "success")
    rows = (await api.get(f"/webhooks/deliveries?webhook_id={hook}&{wanted}")).json()["deliveries"]

    assert [row["event_id"] for row in rows] == [f"event-{number}" for number in events]


async def test_deliveries_are_the_rows_of_the_tenant(
    api: httpx.AsyncClient, database: Database, tables: Tables
) -> None:
    """The tenant sees its rows as they are stored, and those of nobody else, even by id."""
    mine, stranger = tables.webhook(), tables.webhook(tenant_id="stranger", webhook_name=str(tables))
    await recorded(database, mine, "success")
    await recorded(database, stranger, "success")
    rows = (await api.get("/webhooks/deliveries")).json()["deliveries"]

    [stored] = tables.deliveries(mine)
    assert [row | {"delivered_at": stored["delivered_at"]} for row in rows] == [stored]
    assert (await api.get(f"/webhooks/deliveries?webhook_id={stranger}")).json() == {"deliveries": []}


@pytest.mark.parametrize(
    "wanted", ["webhook_id=x", "webhook_id=0", "status=lost", "limit=0", "limit=1001", "event_id=", "tenant=t"]
)
async def test_bad_filter_is_refused(api: httpx.AsyncClient, wanted: str) -> None:
    """A filter that means nothing is 400 with an error that names it, not an empty list."""
    answer = await api.get(f"/webhooks/deliveries?{wanted}")

    assert answer.status_code == 400
    assert wanted.partition("=")[0] in answer.json()["error"]


@pytest.mark.parametrize("webhook_id", ["x", "0", "-1", str(2**63), "1.5"])
async def test_bad_id_is_refused(api: httpx.AsyncClient, webhook_id: str) -> None:
    """What can be no id is 400."""
    assert (await api.get(f"/webhooks/{webhook_id}")).status_code == 400


async def test_test_endpoint_needs_a_webhook_of_the_tenant(api: httpx.AsyncClient, tables: Tables) -> None:
    """No test event is published for a webhook of somebody else."""
    stranger = tables.webhook(tenant_id="stranger", webhook_name=f"{tables} tested")

    assert (await api.post(f"/webhooks/{stranger}/test")).status_code == 404


async def test_health_tells_of_the_database(api: httpx.AsyncClient, postgres: LocalPostgres) -> None:
    """Health is UP with the time, and 503 DOWN while the database is away, when the API says so, too."""
    up = await api.get("/health")
    postgres.kill()
    down, listed = await api.get("/health"), await api.get("/webhooks")
    postgres.start()

    assert (up.status_code, up.json()["status"], sorted(up.json())) == (200, "UP", ["database", "status", "time"])
    assert (down.status_code, down.json()["database"]) == (503, "DOWN")
    assert (listed.status_code, json.loads(listed.text)) == (503, {"error": "the database cannot be reached"})
