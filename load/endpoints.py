"""The webhooks of a load, and the receiver behind them: one process, a path for each."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.addresses import Addresses
from harness.clients.rows import Rows
from harness.processes.ports import free_port, require_address, require_free_port
from harness.receiver.receiver import LOOPBACK_OF
from harness.services import Ground, ProcessPart, Service
from harness.settings import Settings
from harness.tag import Tag
from harness.targets import Target
from load.arrivals import FileArrivals
from load.receiver import HEALTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """What a load delivers to.

    Attributes:
        paths: The webhooks by their paths.
        arrivals: What came there.
    """

    paths: dict[str, int]
    arrivals: FileArrivals


@contextmanager
def endpoints(
    settings: Settings, target: Target, addresses: Addresses, ground: Ground, *, count: int, tag: Tag, tenant: str
) -> Iterator[Endpoints]:
    """Start the receiver, and register that many webhooks of a tenant.

    Raises:
        SetupError: The receiver can't listen, or the database takes no webhooks.
    """
    file = ground.folder / "arrivals.jsonl"
    file.touch()
    service = _receiver(target, file)
    part = ProcessPart(service, ground)
    part.start()
    try:
        with closing(Rows.of(addresses.dsn, target, tag)) as rows:
            urls = {f"/{tenant}/{number}": _advertised(settings, target, service) for number in range(count)}
            paths = {path: _register(rows, tenant, url + path) for path, url in urls.items()}
        with closing(FileArrivals(file, paths)) as arrivals:
            yield Endpoints(paths=paths, arrivals=arrivals)
    finally:
        part.stop()


def _receiver(target: Target, file: Path) -> Service:
    host, port = target.receiver.listen, target.receiver.port
    require_address(host)
    if port:
        require_free_port(port, host, "receiver", "[receiver] port")
    port = port or free_port(host)
    command = (sys.executable, "-m", "load.receiver", "--host", host, "--port", str(port), "--arrivals", str(file))
    return Service(name="receiver", command=command, url=_url(LOOPBACK_OF.get(host, host), port), health=HEALTH)


def _advertised(settings: Settings, target: Target, service: Service) -> str:
    """Return the origin under which the dispatcher reaches the receiver."""
    host = settings.receiver_host or target.receiver.host
    return _url(host, int(service.url.rpartition(":")[2])) if host else service.url


def _url(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _register(rows: Rows, tenant: str, url: str) -> int:
    name = url.rpartition("/")[2]
    return rows.create_webhook(
        webhook_name=f"load-{name}",
        tenant_id=tenant,
        event_type="policy/bound",
        enabled=True,
        url=url,
        secret="secret-of-a-load",  # noqa: S106 - of a webhook that is the load's own
    )
