"""The kernel: publishes what is documented, and never claims an event that Inngest does not have."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from reference_kernel.app import create_app
from reference_kernel.settings import read_settings

pytestmark = pytest.mark.anyio

Answer = Callable[[httpx.Request], httpx.Response]


class Inngest:
    """An event API that keeps what it is sent."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.answer: Answer = self._take

    def __call__(self, request: httpx.Request) -> httpx.Response:
        return self.answer(request)

    def _take(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/health":
            return httpx.Response(200, json={"status": 200, "message": "OK"})
        assert request.url.path == "/e/local"
        self.events += json.loads(request.content)
        return httpx.Response(200, json={"ids": ["01X"] * len(self.events), "status": 200})


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, as the kernel runs."""
    return "asyncio"


@pytest.fixture
def inngest() -> Inngest:
    """An Inngest that is up."""
    return Inngest()


@pytest.fixture
async def kernel(inngest: Inngest) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a kernel that publishes to that Inngest."""
    upstream = httpx.AsyncClient(transport=httpx.MockTransport(inngest), base_url="http://inngest.example")
    app = create_app(read_settings(environ={}), upstream)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://kernel.example") as client:
        yield client
    await upstream.aclose()


@pytest.mark.parametrize(
    ("endpoint", "name", "fields"),
    [
        ("policy-bound", "policy/bound", {"policyNumber", "agreementId", "marketContext", "premium", "productType"}),
        ("policy-renewed", "policy/renewed", {"oldPolicyNumber", "newPolicyNumber", "renewalDate"}),
        ("claim-opened", "claim/opened", {"claimNumber", "claimId", "claimAmount", "claimType"}),
        ("claim-settled", "claim/settled", {"claimNumber", "settlementAmount", "settlementType"}),
    ],
)
async def test_test_endpoint_publishes_the_documented_event(
    kernel: httpx.AsyncClient, inngest: Inngest, endpoint: str, name: str, fields: set[str]
) -> None:
    """Each test endpoint publishes its event with the documented fields, under the id that it returns."""
    answer = await kernel.post(f"/api/v1/events/test/{endpoint}", headers={"Content-Type": "application/json"})

    [event] = inngest.events
    assert (event["name"], set(event["data"])) == (name, fields)
    assert answer.json() == {"message": "Event published", "eventId": event["id"], "eventName": name}


async def test_body_of_a_test_endpoint_goes_into_the_data(kernel: httpx.AsyncClient, inngest: Inngest) -> None:
    """Fields of the body replace fields of the documented data, or add to them, for this one event only."""
    await kernel.post("/api/v1/events/test/policy-bound", json={"premium": 1, "tenantId": "t1"})
    await kernel.post("/api/v1/events/test/policy-bound")

    assert [event["data"].get("tenantId") for event in inngest.events] == ["t1", None]
    assert [event["data"]["premium"] for event in inngest.events] == [1, 1250.5]


async def test_batch_is_as_many_events_as_it_says(kernel: httpx.AsyncClient, inngest: Inngest) -> None:
    """The batch publishes every documented event under an id of its own, and returns all ids."""
    answer = (await kernel.post("/api/v1/events/test/batch", json={"tenantId": "t1"})).json()

    assert answer["eventIds"] == [event["id"] for event in inngest.events]
    assert answer["eventNames"] == [event["name"] for event in inngest.events]
    assert len(set(answer["eventIds"])) == 4


async def test_any_event_can_be_published(kernel: httpx.AsyncClient, inngest: Inngest) -> None:
    """`/publish` sends name and data as they are, with an id that is new each time."""
    wanted = {"eventName": "test/event", "data": {"message": "ż", "deep": [{}, None, 1.5]}}
    ids = {(await kernel.post("/api/v1/events/publish", json=wanted)).json()["eventId"] for _ in range(2)}

    assert ids == {event["id"] for event in inngest.events}
    assert [(event["name"], event["data"]) for event in inngest.events] == [("test/event", wanted["data"])] * 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"{}",
        b'{"eventName": ""}',
        b'{"eventName": 7}',
        b'{"eventName": "inngest/x"}',
        b'{"eventName": "test/event", "data": []}',
        b'{"eventName": "test/event", "data": null}',
    ],
)
async def test_bad_request_is_refused_and_publishes_nothing(
    kernel: httpx.AsyncClient, inngest: Inngest, body: bytes
) -> None:
    """A body that is no event is answered with 400 and an error, and nothing reaches Inngest."""
    answer = await kernel.post("/api/v1/events/publish", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, list(answer.json()), inngest.events) == (400, ["error"], [])


async def test_unknown_endpoint_is_an_error(kernel: httpx.AsyncClient) -> None:
    """A test event that does not exist is 404 with an error."""
    answer = await kernel.post("/api/v1/events/test/policy-lost")

    assert (answer.status_code, answer.json()) == (404, {"error": "Not Found"})


def _down(_: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


async def test_down_inngest_is_not_hidden(kernel: httpx.AsyncClient, inngest: Inngest) -> None:
    """While Inngest cannot be reached, publishing is answered with 503 and health says DOWN."""
    inngest.answer = _down
    answers = [await kernel.post("/api/v1/events/test/policy-bound"), await kernel.get("/actuator/health")]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert [answer.json() for answer in answers] == [
        {"error": "Inngest cannot be reached: ConnectError"},
        {"status": "DOWN"},
    ]


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (httpx.Response(401, json={"error": "Event key not found"}), "401, Event key not found"),
        (httpx.Response(500, text="oops"), "500"),
        (httpx.Response(302, headers={"Location": "/login"}), "302"),
    ],
    ids=["wrong-key", "broken", "redirect"],
)
async def test_refusal_of_inngest_is_told(
    kernel: httpx.AsyncClient, inngest: Inngest, refusal: httpx.Response, told: str
) -> None:
    """An event that Inngest does not take is answered with 502 and what Inngest said."""
    inngest.answer = lambda _: refusal
    answer = await kernel.post("/api/v1/events/test/policy-bound")

    assert (answer.status_code, answer.json()) == (502, {"error": f"Inngest refused the events: {told}"})


async def test_health_is_up_with_inngest(kernel: httpx.AsyncClient) -> None:
    """Health is UP when Inngest says that it is well."""
    answer = await kernel.get("/actuator/health")

    assert (answer.status_code, answer.json()) == (200, {"status": "UP"})


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"status": 500}'])
async def test_anything_that_says_200_is_not_inngest(kernel: httpx.AsyncClient, inngest: Inngest, body: bytes) -> None:
    """A proxy that answers 200 to everything does not make health UP."""
    inngest.answer = lambda _: httpx.Response(200, content=body)

    assert (await kernel.get("/actuator/health")).status_code == 503
