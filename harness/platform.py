"""The platform under judgement as services: dispatcher and kernel, and what they are told to find the others."""

from collections.abc import Mapping
from dataclasses import replace

from harness.addresses import Addresses
from harness.processes.ports import LOOPBACK
from harness.services import ROOT, Service, module_service
from harness.targets import Service as TargetService
from harness.targets import Target


def dispatcher_service(
    target: Target,
    module: str,
    addresses: Addresses,
    *,
    listen: str,
    port: int,
    origin: str,
    further: Mapping[str, str],
) -> Service:
    """Describe the dispatcher.

    Args:
        target: Who is judged.
        module: The Python module, and its arguments, that is started when the target names no command of its own.
        addresses: Where the others are.
        listen: Address on which Inngest can reach it.
        port: Its port.
        origin: Scheme, host and port under which Inngest reaches it.
        further: What this one is told beside, whatever the target says.
    """
    told = _inngest_environment(addresses) | {
        "DATABASE_URL": addresses.dsn,
        "WEBHOOK_ALLOW_PRIVATE": "1",  # the receiver is on loopback
        "WEBHOOK_TIMEOUT_SECONDS": f"{target.timeouts.attempt:g}",
    }
    if origin != addresses.dispatcher:  # otherwise a dispatcher that registers a wrong address of itself shall fail
        told |= dict.fromkeys(("SERVE_ORIGIN", "INNGEST_SERVE_ORIGIN", "INNGEST_SERVE_HOST"), origin)
    service = _service("dispatcher", target.dispatcher, module, listen=listen, port=port, told=told)
    return replace(service, url=addresses.dispatcher, environment={**service.environment, **further})


def kernel_service(target: Target, module: str, addresses: Addresses, *, port: int) -> Service:
    """Describe the kernel, or what stands in for it."""
    return _service("kernel", target.kernel, module, listen=LOOPBACK, port=port, told=_inngest_environment(addresses))


def _service(
    name: str, part: TargetService, module: str, *, listen: str, port: int, told: Mapping[str, str]
) -> Service:
    if part.command is None:
        return module_service(*module.split(), name=name, port=port, host=listen, health=part.health, environment=told)
    return Service(
        name=name,
        command=part.command.arguments,
        url=f"http://{listen}:{port}",
        health=part.health,
        directory=part.command.directory or ROOT,
        environment={"HOST": listen, "PORT": str(port), **told, **part.command.environment},
    )


def _inngest_environment(addresses: Addresses) -> dict[str, str]:
    told = {"INNGEST_BASE_URL": addresses.engine, "INNGEST_EVENT_KEY": addresses.event_key}
    signed = {"INNGEST_DEV": "0", "INNGEST_SIGNING_KEY": addresses.signing_key}
    return told | (signed if addresses.mode == "start" else {"INNGEST_DEV": "1"})
