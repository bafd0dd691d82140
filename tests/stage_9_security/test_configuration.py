"""SEC-05 and SEC-06: what the platform is configured with lets nobody in."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from fixtures.signed import Signed
from harness.clients.calls import SIGNATURE, call_of, signature
from harness.errors import Inconclusive, NotApplicable, UnmetError
from harness.services import ROOT
from harness.targets import Target
from harness.targets.compose import published_ports
from harness.targets.signing_key import EXAMPLE

EXAMPLES = (EXAMPLE, "local", "dev-signing-key", "signkey-test-12345678")
"""Keys that documents show: of the setup guide, and of Inngest's own."""

FEWEST_DIGITS, FEWEST_DIFFERENT = 32, 8
OK, UNAUTHORIZED = range(200, 300), 401


@pytest.mark.needs("signed_mode")
@pytest.mark.requirement("SEC-05")
def test_signing_key_is_strong_and_no_example(signed: Signed) -> None:
    """The key is hex of at least 32 digits, and a call that is signed with a key of the documents is refused."""
    key, slug = signed.addresses.signing_key, signed.addresses.slug
    body = call_of(signed.publish.event("test/event", tenant="nobody"))

    statuses = {
        each: signed.clients.dispatcher.call(slug, body, {SIGNATURE: signature(body, each)}).status_code
        for each in (*EXAMPLES, key)
    }

    if statuses.pop(key) not in OK:
        raise Inconclusive(
            "the dispatcher to accept a call that is signed with its own key.", "it refuses it.", "see REG-05."
        )
    if taken := [each for each, status in statuses.items() if status != UNAUTHORIZED]:
        raise UnmetError(
            "a call that is signed with a key of the documents to be refused with 401.",
            f"{', '.join(taken)}: accepted.",
            "make a key of your own (`openssl rand -hex 32`), and leave no default for it in the code.",
            hop="stack",
        )
    strong = re.fullmatch(rf"[0-9a-fA-F]{{{FEWEST_DIGITS},}}", key) is not None
    different = len({*key.lower()})
    assert strong, f"the signing key has {len(key)} characters, or not all are hex"  # a failure shows what it names
    assert different >= FEWEST_DIFFERENT, f"the signing key has {different} different digits"


@pytest.mark.requirement("SEC-06")
def test_ports_are_published_on_loopback_alone(target: Target) -> None:
    """No Compose file of the platform publishes a port on other addresses than loopback."""
    ports = {file: published_ports(file) for file in compose_files(target)}

    open_ports = [
        f"{file.name}: {each.service} {each.text}" for file in ports for each in ports[file] if not each.on_loopback
    ]

    assert open_ports == []


def compose_files(target: Target) -> Sequence[Path]:
    """Return the Compose files that the target names; of the suite's own platform all that there are.

    Raises:
        NotApplicable: The suite starts the platform itself, on loopback.
        Inconclusive: Nobody names any.
    """
    if target.compose:
        return target.compose
    if target.kind == "reference":
        return sorted((ROOT / "compose").glob("docker-compose*.yml"))
    if target.kind == "command":
        raise NotApplicable("a platform in Compose.", "the suite starts this one itself.", "name its files as compose.")
    raise Inconclusive(
        "the Compose files of the platform.", "the target names none.", "name them as compose, or waive SEC-06."
    )
