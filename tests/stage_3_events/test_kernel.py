"""EVT-03, EVT-04 and EVT-08: the kernel publishes what it says it publishes, and says so when it can't."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest

from fixtures.journeys import Publish
from harness.catalogue import EXAMPLES, KERNEL_ENDPOINTS
from harness.clients.http import object_of
from harness.clients.inngest import LOOK_EVERY, InngestClient
from harness.clients.kernel import KernelClient
from harness.errors import UnmetError
from harness.events import STORED_WITHIN, event_of
from harness.settings import Settings
from harness.stack import Clients, RunningStack
from harness.waiters import OutOfTimeError, until

pytestmark = pytest.mark.needs("kernel")

SYNC_WITHIN = 10.0
"""Seconds for a sync: two polling intervals of the real server."""


@pytest.mark.usefixtures("default_tenant")
@pytest.mark.requirement("EVT-03")
@pytest.mark.parametrize(("endpoint", "name"), KERNEL_ENDPOINTS.items())
def test_kernel_publishes_the_documented_event(
    kernel: KernelClient, inngest: InngestClient, publish: Publish, settings: Settings, endpoint: str, name: str
) -> None:
    """A test endpoint of the kernel publishes its event with the documented fields, under the id that it returns."""
    said = accepted(kernel.publish_test(endpoint))

    event = event_of(inngest, str(said.get("eventId")), names=[name], within=settings.within(STORED_WITHIN))
    publish.follow(event, event["internal_id"])
    assert said.get("eventName") == name
    assert missing_in(event) == set(), f"{event['name']} lacks {missing_in(event)}"


@pytest.mark.usefixtures("default_tenant")
@pytest.mark.requirement("EVT-03", "EVT-04")
def test_batch_of_the_kernel_is_as_many_events(
    kernel: KernelClient, inngest: InngestClient, settings: Settings
) -> None:
    """The kernel's batch returns an id of its own for each of its events, and Inngest holds every one of them."""
    said = accepted(kernel.publish_test("batch"))

    ids = dict.fromkeys(ids_in(said))

    assert len(ids) > 1, f"the ids of a batch in {said}"
    for event_id in ids:
        event = event_of(inngest, event_id, names=EXAMPLES, within=settings.within(STORED_WITHIN))
        assert missing_in(event) == set(), f"{event['name']} lacks {missing_in(event)}"


@pytest.mark.usefixtures("default_tenant")
@pytest.mark.requirement("EVT-08")
def test_kernel_refuses_while_inngest_is_down(
    own_stack: RunningStack, own_clients: Clients, settings: Settings, tenant: str
) -> None:
    """While Inngest is down the kernel answers 5xx; what it accepts afterwards is stored, and nothing by halves."""
    kernel, inngest = own_clients.kernel, own_clients.inngest
    before = {event["internal_id"] for event in inngest.events()}
    with inngest_stopped(own_stack, inngest, settings):
        answers = {
            "publish": kernel.publish("test/event", {"message": "refused", "tenantId": tenant}),
            "a test event": kernel.publish_test("policy-bound"),
            "the batch": kernel.publish_test("batch"),
        }

    said = accepted(kernel.publish("test/event", {"message": "accepted", "tenantId": tenant}))

    event = event_of(inngest, str(said.get("eventId")), names=["test/event"], within=settings.within(STORED_WITHIN))
    assert {what: answer.status_code for what, answer in answers.items() if answer.status_code < 500} == {}
    assert event["data"].get("message") == "accepted"
    assert [each for each in inngest.events() if each["internal_id"] not in before and missing_in(each)] == []


@contextmanager
def inngest_stopped(stack: RunningStack, inngest: InngestClient, settings: Settings) -> Iterator[None]:
    """Have Inngest down for a while, and up again afterwards in any case; synced too, or later events start no runs."""
    stack.engine.stop()
    try:
        yield
    finally:
        stack.engine.start()
        with suppress(OutOfTimeError):  # whether it syncs is what REG-04 judges
            until(
                lambda: [each for each in inngest.functions() if each.slug == stack.addresses.slug],
                within=settings.within(SYNC_WITHIN),
                every=LOOK_EVERY,
            )


def accepted(answer: httpx.Response) -> dict[str, Any]:
    """Return what the kernel says of an event that it has published.

    Raises:
        UnmetError: It says that it has not, or does not say which.
    """
    if answer.is_success:
        return object_of(answer)
    raise UnmetError(
        f"POST {answer.url.path} to answer 2xx with a JSON object.",
        f"{answer.status_code} {answer.text[:200]!r}.",
        "read the kernel's log; does it reach Inngest?",
        hop="published",
    )


def ids_in(said: Any) -> list[str]:
    """Return every event id in an answer, wherever it stands: the contract names the field, not the form of a batch."""
    if isinstance(said, list):
        return [each for entry in said for each in ids_in(entry)]
    if not isinstance(said, dict):
        return []
    named = [said[key] for key in ("eventId", "eventIds") if key in said]
    own = [each for value in named for each in (value if isinstance(value, list) else [value])]
    return own + [each for value in said.values() for each in ids_in(value)]


def missing_in(event: Mapping[str, Any]) -> set[str]:
    """Return the documented fields of an event's data that it lacks; of other events nothing is documented."""
    return EXAMPLES.get(event["name"], {}).keys() - set(event["data"])
