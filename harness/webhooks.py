"""Webhooks of a test: a row in `sys_webhooks` and a scripted path of the receiver, one belonging to the other."""

import dataclasses
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.clients.rows import Rows
from harness.receiver.answers import Script
from harness.receiver.attempts import Attempt
from harness.receiver.receiver import Receiver

FAST_RETRIES = {"maxAttempts": 3, "backoffMs": 20}
"""Three attempts as in production, with gaps that a test run can wait for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One registered endpoint.

    Attributes:
        path: Path of the receiver behind `url`; several webhooks may share one.
        secret: What its deliveries are signed with; None or empty means that nothing may be sent.
    """

    id: int
    name: str
    tenant: str
    event_type: str
    enabled: bool
    url: str
    path: str
    secret: str | None
    receiver: Receiver = field(repr=False)

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every attempt that reached the path, of whatever event."""
        return self.receiver.attempts(self.path)


_FIELDS = frozenset(field.name for field in dataclasses.fields(Webhook))


class Listener(Protocol):
    """Is told of each webhook that comes, changes or goes."""

    def webhook(self, webhook: Webhook) -> None: ...

    def webhook_gone(self, webhook_id: int) -> None: ...


class Webhooks:
    """Creates and changes webhooks of one tenant."""

    def __init__(self, *, rows: Rows, receiver: Receiver, tenant: str, listener: Listener) -> None:
        self._rows = rows
        self._receiver = receiver
        self._listener = listener
        self.tenant = tenant

    def create(
        self,
        event_type: str = "policy/bound",
        *,
        answers: Sequence[Script | int] = (200,),
        tenant: str | None = None,
        enabled: bool = True,
        **columns: Any,
    ) -> Webhook:
        """Register a webhook and script the answers of its endpoint; the last answer repeats.

        Args:
            event_type: Exact name of an event, or `*`.
            answers: What the endpoint answers to its first, second, … request.
            tenant: Another tenant than the test's own.
            enabled: Whether deliveries are wanted.
            columns: Any other column of `sys_webhooks`, such as `secret`, `headers`, `retry_config`; `url` for an
                address other than the receiver's own, `path` for one that another webhook uses already.
        """
        name = f"webhook-{secrets.token_hex(4)}"
        path = columns.pop("path", f"/{self.tenant}/{name}")
        self._receiver.script(path, answers)
        values = {"webhook_name": name, "url": self._receiver.url(path), "secret": f"secret-{secrets.token_hex(16)}"}
        values |= {"retry_config": FAST_RETRIES} | columns
        owner = self.tenant if tenant is None else tenant
        webhook_id = self._rows.create_webhook(tenant_id=owner, event_type=event_type, enabled=enabled, **values)
        webhook = Webhook(
            id=webhook_id,
            name=values["webhook_name"],
            tenant=owner,
            event_type=event_type,
            enabled=enabled,
            url=values["url"],
            path=path,
            secret=values["secret"],
            receiver=self._receiver,
        )
        self._listener.webhook(webhook)
        return webhook

    def update(self, webhook: Webhook, **columns: Any) -> Webhook:
        """Change columns of a webhook and return it as it is now."""
        self._rows.update_webhook(webhook.id, **columns)
        known = {key: value for key, value in columns.items() if key in _FIELDS}
        changed = dataclasses.replace(webhook, **known)
        self._listener.webhook(changed)
        return changed

    def delete(self, webhook: Webhook) -> None:
        self._rows.delete_webhook(webhook.id)
        self._listener.webhook_gone(webhook.id)
