"""Values for tests: each with everything as it should be, except for what a test says."""

from typing import Any

from reference_dispatcher.values import Answer, Delivery, Outcome, PublishedEvent, Webhook


def event(**fields: Any) -> PublishedEvent:
    """Return an event of tenant t1."""
    usual: dict[str, Any] = {
        "name": "policy/bound",
        "id": "event-1",
        "data": {"tenantId": "t1", "premium": 12.5},
        "user": {},
        "ts": 1_795_438_812_765,
    }
    return PublishedEvent(**usual | fields)


def webhook(**fields: Any) -> Webhook:
    """Return an enabled webhook that is tried three times."""
    usual: dict[str, Any] = {
        "webhook_id": 1,
        "url": "http://receiver.example/hook",
        "secret": "secret-1",
        "enabled": True,
        "headers": {},
        "retry_config": {"maxAttempts": 3, "backoffMs": 1000},
    }
    return Webhook(**usual | fields)


def delivery(**fields: Any) -> Delivery:
    """Return the delivery of `event()` to `webhook()`."""
    usual: dict[str, Any] = {
        "webhook_id": 1,
        "event_id": "event-1",
        "event_type": "policy/bound",
        "delivery_id": "11111111-2222-5333-8444-555555555555",
        "body": '{"event":"policy/bound"}',
    }
    return Delivery(**usual | fields)


def answer(status: int | None = 200, *, error: str | None = None, body: bytes = b"ok", **headers: str) -> Answer:
    """Return a whole answer; headers by keyword, `retry_after` for Retry-After."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=None if error else status, headers=names, body=b"" if error else body, error=error)


def outcome(**fields: Any) -> Outcome:
    """Return a first attempt that succeeded."""
    usual: dict[str, Any] = {
        "number": 1,
        "status": "success",
        "status_code": 200,
        "finished_at": "2026-11-23T12:00:00+00:00",
    }
    return Outcome(**usual | fields)
