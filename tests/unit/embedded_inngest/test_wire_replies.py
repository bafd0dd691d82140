"""What the answers of apps mean."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_inngest import wire
from embedded_inngest.client import Answer
from embedded_inngest.replies import Reply, read_reply

NOW = 1_795_438_787.0
SDK = {"x-inngest-sdk": "inngest-py:v0.5.19"}
DAY = 24 * 60 * 60

OPERATION = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["StepRun", "StepError", "StepFailed", "Sleep", "WaitForEvent", "None", "Other"]),
    },
    optional={name: st.none() | st.text() | st.integers() | st.dictionaries(st.text(), st.text()) for name in (
        "id", "name", "displayName", "opts", "error", "data",
    )},
)  # fmt: skip
BODIES = st.binary() | (st.lists(OPERATION) | OPERATION | st.text() | st.integers() | st.none()).map(wire.canonical)
STREAMS = st.dictionaries(st.sampled_from(["status", "body", "headers", "error"]), st.text() | st.integers()).map(
    wire.canonical
)


def reply(status: int, body: Any, **headers: str) -> Reply:
    """Return what an answer of an SDK means."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_reply(Answer(status, {**SDK, **named}, wire.canonical(body)), NOW)


@given(st.integers(100, 599), BODIES | STREAMS, st.dictionaries(st.sampled_from(["retry-after"]), st.text()))
def test_no_answer_is_too_odd_to_be_understood(status: int, body: bytes, headers: dict[str, str]) -> None:
    """Every answer is operations, a result or a failure, and its output is JSON."""
    understood = read_reply(Answer(status, {**SDK, **headers}, body), NOW)

    assert understood.operations or understood.failure or status != 206
    assert understood.output is None or wire.text(wire.decode(understood.output))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("5", 5),
        ("0", None),
        ("-3", None),
        ("soon", None),
        ("9999999", DAY),
        ("2026-11-23T12:59:57Z", 10),
        ("Mon, 23 Nov 2026 12:59:57 GMT", 10),
        ("2020-01-01T00:00:00Z", 1),
        ("2030-01-01T00:00:00Z", DAY),
    ],
)
def test_retry_after_is_clamped(header: str, seconds: int | None) -> None:
    """Seconds and dates are honoured within a second and a day; what is neither is ignored."""
    understood = reply(500, {}, retry_after=header)

    assert understood.retry_at == (None if seconds is None else NOW + seconds)


@pytest.mark.parametrize(
    ("sdk", "status", "forbidden"),
    [
        ("inngest-py:v0.5.19", 400, False),
        ("inngest-js:v1.10.0", 400, True),
        ("inngest-js:v1.10.1", 400, False),
        ("inngest-js:v2.4.0-beta.1", 404, True),
        ("inngest-js:v2.4.0", 500, False),
        ("inngest-js:v3.0.0", 400, False),
    ],
)
def test_only_old_sdks_forbid_the_retry_of_a_4xx(sdk: str, status: int, forbidden: bool) -> None:
    """A 4xx is retried like a 5xx, but for SDKs of old that meant it as final."""
    assert reply(status, {}, x_inngest_sdk=sdk).no_retry is forbidden


def test_a_header_decides_on_retries() -> None:
    """What the SDK says of retries counts, whatever the status and its age say."""
    old = "inngest-js:v1.10.0"

    assert reply(500, {}, x_inngest_no_retry="true").no_retry
    assert not reply(400, {}, x_inngest_sdk=old, x_inngest_no_retry="false").no_retry


def test_a_streamed_answer_is_what_it_wraps() -> None:
    """Status, headers and body of a 201 come from its body."""
    wrapped = {"status": 500, "headers": {"X-Inngest-No-Retry": "true"}, "body": {"message": "no"}}

    understood = reply(201, wrapped)

    assert understood.no_retry
    assert understood.failure is not None
    assert (understood.failure.error, understood.failure.message) == ("NonRetriableError", "no")


def test_an_error_of_a_proxy_is_told_apart() -> None:
    """An error without SDK headers says that it came from before the SDK, and quotes what came."""
    understood = read_reply(Answer(502, {"content-type": "text/html"}, b"<b>bad gateway</b>"), NOW)

    assert understood.failure is not None
    assert understood.failure.name == "Server returned a fatal error"
    assert "Upstream response (text/html):\n<b>bad gateway</b>" in str(understood.failure.stack)
