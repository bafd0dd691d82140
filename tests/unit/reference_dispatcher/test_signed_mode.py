"""The signed mode: whoever calls the functions must prove to be Inngest."""

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx
import pytest

from reference_dispatcher.app import Design, create_app
from reference_dispatcher.parts import default_parts
from reference_dispatcher.settings import read_settings
from tests.unit.reference_dispatcher.fakes import FakeMatcher

pytestmark = pytest.mark.anyio

KEY = "0123456789abcdef" * 4
EVENT = {"name": "policy/bound", "id": "event-1", "data": {"tenantId": "t1"}, "ts": 1_795_438_812_765, "user": {}}
CTX = {"attempt": 0, "disable_immediate_execution": False, "run_id": "01R", "stack": {"stack": []}}
CALL = {"ctx": CTX, "event": EVENT, "events": [EVENT], "steps": {}, "use_api": False}
BODY = json.dumps(CALL, sort_keys=True, separators=(",", ":")).encode()

Call = Callable[[dict[str, str]], Awaitable[httpx.Response]]


def signed(body: bytes, key: str = KEY) -> dict[str, str]:
    """Sign a body as Inngest does."""
    signature = hmac.new(key.encode(), body + b"1795438812", hashlib.sha256).hexdigest()
    return {"X-Inngest-Signature": f"t=1795438812&s={signature}"}


@pytest.fixture
def matcher() -> FakeMatcher:
    """A matcher that shows whether anything has run."""
    return FakeMatcher()


@pytest.fixture
def call(matcher: FakeMatcher) -> Call:
    """Call the dispatcher's function with a body and headers."""
    environ = {"DATABASE_URL": "postgresql://nowhere.example/none", "INNGEST_SIGNING_KEY": KEY}
    settings = read_settings(environ=environ)
    app = create_app(settings, Design(parts=lambda settings: replace(default_parts(settings), matcher=matcher)))
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://dispatcher.example")
    path = "/api/inngest?fnId=beema-studio-webhook-dispatcher&stepId=step"
    return lambda headers: client.post(path, content=BODY, headers=headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Inngest-Signature": ""},
        {"X-Inngest-Signature": "t=1795438812&s="},
        signed(BODY, key="f" * 64),
        signed(BODY.replace(b"t1", b"t2")),
    ],
    ids=["unsigned", "empty", "half", "other-key", "tampered"],
)
async def test_call_of_a_stranger_is_refused(call: Call, matcher: FakeMatcher, headers: dict[str, str]) -> None:
    """A call without the right signature over its very body is 401 and runs nothing."""
    answer = await call(headers)

    assert (answer.status_code, matcher.asked) == (401, [])


async def test_signed_call_is_served(call: Call, matcher: FakeMatcher) -> None:
    """A call that Inngest has signed runs."""
    answer = await call(signed(BODY))

    assert (answer.status_code, len(matcher.asked)) == (206, 1)
