"""Headers: the webhook's are sent, ours are never replaced, and nothing is smuggled in."""

from typing import Any

import pytest

from reference_dispatcher.headers import merge
from reference_dispatcher.values import RefusedError

OWN = {"Content-Type": "application/json", "X-Beema-Signature": "sha256=1", "webhook-id": "1", "User-Agent": "ours"}


def test_configured_headers_are_sent_beside_ours() -> None:
    """What the owner of a webhook configures is sent as written, and all of ours with it."""
    assert merge({"X-Api-Key": "käse=1"}, OWN) == (("X-Api-Key", "käse=1"), *OWN.items())


@pytest.mark.parametrize(
    "name",
    [
        "X-Beema-Signature",
        "x-beema-delivery",
        "X-BEEMA-EVENT",
        "Webhook-Id",
        "webhook-signature",
        "WEBHOOK-TIMESTAMP",
        "content-type",
        "Content-Length",
        "HOST",
        "Transfer-Encoding",
        "connection",
    ],
)
def test_reserved_headers_cannot_be_replaced(name: str) -> None:
    """A configured header with the name of one of ours is left out, in whatever case it is written."""
    assert merge({name: "forged"}, OWN) == tuple(OWN.items())


def test_harmless_header_of_ours_can_be_replaced() -> None:
    """A name that carries no promise, like User-Agent, is the owner's to choose, and is sent once."""
    assert [value for name, value in merge({"user-agent": "theirs"}, OWN) if name.lower() == "user-agent"] == ["theirs"]


@pytest.mark.parametrize("configured", [None, {}])
def test_no_configured_headers_is_no_error(configured: Any) -> None:
    """Null and an empty object mean that nothing is added."""
    assert merge(configured, OWN) == tuple(OWN.items())


@pytest.mark.parametrize(
    "value", ["a\r\nHost: evil", "a\nb", "a\rb", "a\0b", "zażółć", "\x7f", 3, None, True, {}, ["a"]]
)
def test_value_that_is_not_one_line_of_latin_1_is_refused(value: Any) -> None:
    """A value that cannot be sent as it is, line breaks first of all, refuses this delivery."""
    with pytest.raises(RefusedError, match="'X-Odd' is not one line of latin-1 text"):
        merge({"X-Odd": value}, OWN)


@pytest.mark.parametrize("name", ["", "X Odd", "X:Odd", "X\r\nHost", "ż", "X\0"])
def test_name_that_http_does_not_know_is_refused(name: str) -> None:
    """A header whose name is no token refuses this delivery."""
    with pytest.raises(RefusedError, match="no legal name"):
        merge({name: "value"}, OWN)


@pytest.mark.parametrize("configured", [[], ["A: b"], "A: b", 7, True])
def test_headers_that_are_no_object_are_refused(configured: Any) -> None:
    """Anything but an object of names and texts refuses this delivery."""
    with pytest.raises(RefusedError, match="not an object"):
        merge(configured, OWN)


def test_refusal_does_not_show_the_value() -> None:
    """A header often is a credential, so the text that gets into rows and logs holds only its name."""
    with pytest.raises(RefusedError) as refusal:
        merge({"Authorization": "Bearer s3cret\n"}, OWN)

    assert "s3cret" not in str(refusal.value)
