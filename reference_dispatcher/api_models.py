"""What the webhook API takes in; whatever else comes is refused with a text that never repeats a secret."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from reference_dispatcher.delivery import Target
from reference_dispatcher.headers import check
from reference_dispatcher.retry import DEFAULT_ATTEMPTS, DEFAULT_BACKOFF_MS, LONGEST_BACKOFF_MS, MOST_ATTEMPTS
from reference_dispatcher.values import RefusedError


def _storable(text: str) -> str:
    if "\0" in text or not text.isprintable():
        raise ValueError("is not printable text")
    return text


def _deliverable(url: str) -> str:
    try:
        Target.parse(url)
    except RefusedError as refusal:
        raise ValueError(str(refusal)) from None
    return url


def _sendable(headers: dict[str, str]) -> dict[str, str]:
    try:
        check(headers)
    except RefusedError as refusal:
        raise ValueError(str(refusal)) from None
    return headers


Id = Annotated[int, Field(ge=1, lt=2**63)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_storable)]
Secret = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_storable)]
Url = Annotated[str, Field(max_length=2000), AfterValidator(_storable), AfterValidator(_deliverable)]
Headers = Annotated[dict[str, str], AfterValidator(_sendable)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class RetryConfig(_Strict):
    """How often and how fast a webhook is tried."""

    maxAttempts: Annotated[int, Field(ge=1, le=MOST_ATTEMPTS)] = DEFAULT_ATTEMPTS  # noqa: N815 - as it is stored
    backoffMs: Annotated[int, Field(ge=0, le=LONGEST_BACKOFF_MS)] = DEFAULT_BACKOFF_MS  # noqa: N815 - as it is stored


class NewWebhook(_Strict):
    """A webhook to register."""

    webhook_name: Name
    event_type: Name
    url: Url
    secret: Secret
    enabled: bool = True
    headers: Headers = {}
    retry_config: RetryConfig = RetryConfig()
    created_by: Name | None = None


class WebhookChange(_Strict):
    """Fields of a webhook to change; what is left out stays as it is."""

    webhook_name: Name | None = None
    event_type: Name | None = None
    url: Url | None = None
    secret: Secret | None = None
    enabled: bool | None = None
    headers: Headers | None = None
    retry_config: RetryConfig | None = None


class DeliveryFilter(BaseModel):
    """Which deliveries to show; newest first."""

    model_config = ConfigDict(extra="forbid")

    webhook_id: Id | None = None
    event_id: Name | None = None
    status: Literal["success", "retrying", "failed"] | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100

    def to_params(self) -> dict[str, Any]:
        """Return the filter as parameters of the query."""
        return self.model_dump()
