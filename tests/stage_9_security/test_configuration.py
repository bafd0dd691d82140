"""SEC-05 and SEC-06: what the platform is configured with lets nobody in."""

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # it comes with cel-python, its stubs do not

from fixtures.signed import Signed
from harness.clients.calls import SIGNATURE, call_of, signature
from harness.errors import Inconclusive, NotApplicable, SetupError, UnmetError
from harness.services import ROOT
from harness.targets import Target
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
    assert re.fullmatch(rf"[0-9a-fA-F]{{{FEWEST_DIGITS},}}", key), f"the signing key has {len(key)} characters"
    assert len(set(key.lower())) >= FEWEST_DIFFERENT, f"the signing key has {len(set(key))} different digits"


@pytest.mark.requirement("SEC-06")
def test_ports_are_published_on_loopback_alone(target: Target) -> None:
    """No Compose file of the platform publishes a port on other addresses than loopback."""
    open_ports = {
        f"{file.name}: {service} {port}"
        for file in compose_files(target)
        for service, port, host in _published(file)
        if not _is_loopback(host)
    }

    assert open_ports == set()


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


def _published(file: Path) -> Iterator[tuple[str, str, str]]:
    """Give each published port of a file: the service, the port as it is written, and the address, `` for all."""
    try:
        services: Mapping[str, Any] = yaml.safe_load(file.read_text())["services"]
    except (OSError, KeyError, TypeError, yaml.YAMLError) as error:
        raise SetupError(
            f"{file.name} to be a Compose file.", f"{type(error).__name__}.", "correct compose in the target's file."
        ) from None
    for service, part in services.items():
        for port in (part or {}).get("ports") or ():
            yield service, str(port), _host(port)


def _host(port: Any) -> str:
    if isinstance(port, Mapping):
        return str(port.get("host_ip", ""))
    plain = re.sub(r"\$\{[^}]*\}", "0", str(port))
    return plain.rsplit(":", 2)[0].strip("[]") if plain.count(":") > 1 else ""


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
