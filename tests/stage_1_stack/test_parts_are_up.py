"""PLAT-01, 02, 03, 05, 06: each part of the stack answers as the part that it is."""

import pytest

from harness.clients.dispatcher import DispatcherClient
from harness.clients.http import object_of
from harness.clients.inngest import InngestClient
from harness.clients.kernel import KernelClient
from harness.clients.rows import Rows
from harness.clocks import CLOCKS_APART
from harness.errors import UnmetError
from harness.events import STORED_WITHIN
from harness.preflight.clocks import seconds_ahead
from harness.settings import Settings
from harness.stack import Clients
from harness.targets import DELIVERY_COLUMNS, WEBHOOK_COLUMNS, Target
from harness.waiters import OutOfTimeError, until


@pytest.mark.requirement("PLAT-01")
def test_inngest_says_that_it_is_healthy(inngest: InngestClient) -> None:
    """Inngest's health endpoint answers 200 with its own words, and an unknown path does not."""
    health, unknown = inngest.http.get("/health"), inngest.http.get("/v1/no-such-thing")

    assert (health.status_code, object_of(health)) == (200, {"status": 200, "message": "OK"})
    assert unknown.text != health.text, "something in front of Inngest answers every path alike"


@pytest.mark.requirement("PLAT-02")
def test_serve_endpoint_introduces_itself(dispatcher: DispatcherClient) -> None:
    """The dispatcher's serve endpoint says its mode and how many functions it has."""
    answer = dispatcher.serve_endpoint()

    assert answer.status_code == 200
    assert object_of(answer).get("function_count", 0) >= 1
    assert object_of(answer).get("mode") in {"dev", "cloud"}


@pytest.mark.requirement("PLAT-03")
@pytest.mark.parametrize("table", ["webhooks", "deliveries"])
def test_tables_have_the_columns_of_the_contract(rows: Rows, target: Target, table: str) -> None:
    """Postgres is reachable, and both tables have every column of the contract that the target has not renounced."""
    theirs, columns = {
        "webhooks": (target.webhooks, WEBHOOK_COLUMNS),
        "deliveries": (target.deliveries, DELIVERY_COLUMNS),
    }[table]
    missing = {theirs.column(column) for column in columns} - {None} - rows.columns(theirs)

    assert not missing, f"{theirs.name} lacks {sorted(map(str, missing))}"


@pytest.mark.needs("kernel")
@pytest.mark.requirement("PLAT-05")
def test_kernel_is_up_and_reaches_inngest(
    kernel: KernelClient, inngest: InngestClient, settings: Settings, tenant: str
) -> None:
    """The kernel says UP, and an event that it publishes is stored in this Inngest."""
    health = kernel.health()
    before = {event["internal_id"] for event in inngest.events()}

    published = kernel.publish("test/event", {"message": "canary", "tenantId": tenant})

    assert (health.status_code, object_of(health).get("status")) == (200, "UP")
    assert published.is_success, f"publishing answered {published.status_code}: {published.text}"
    until_new_event(inngest, before, within=settings.within(STORED_WITHIN))


@pytest.mark.requirement("PLAT-06")
def test_clocks_agree(clients: Clients, rows: Rows) -> None:
    """The clocks of the database, Inngest and the dispatcher are within 2 s of ours."""
    apart = {whose: ahead for whose, ahead in seconds_ahead(clients, rows) if abs(ahead) > CLOCKS_APART.total_seconds()}

    assert not apart, f"seconds ahead of ours: {apart}"


def until_new_event(inngest: InngestClient, known: set[str], *, within: float) -> None:
    """Wait until Inngest holds an event that is not known yet.

    Raises:
        UnmetError: None came.
    """
    try:
        until(lambda: {each["internal_id"] for each in inngest.events(limit=51)} - known, within=within)
    except OutOfTimeError:
        raise UnmetError(
            f"the kernel's event in this Inngest within {within:g} s.",
            "no new event.",
            "see with which Inngest the kernel speaks: its INNGEST_BASE_URL, and its log.",
            hop="stack",
        ) from None
