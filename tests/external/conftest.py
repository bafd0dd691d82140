"""Two platforms that run apart from the suite, on one server of Postgres, and an Inngest that knows nobody."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from harness.processes.ports import free_port
from harness.processes.reaper import Reaper
from harness.services import Ground, ProcessPart, module_service
from tests.separate_stack.separate import Separate, separate_stacks


@dataclass(frozen=True, slots=True, kw_only=True)
class Platforms:
    """What a target's file can be about: one platform, another one, and a lonely Inngest by its URL."""

    one: Separate
    other: Separate
    lonely: str

    def left(self) -> list[str]:
        """Return who created the webhooks that are in the databases, if the suite did."""
        query = "SELECT created_by FROM sys_webhooks WHERE created_by LIKE 'beema-verify%' OR tenant_id LIKE 'verify-%'"
        found = []
        for platform in (self.one, self.other):
            with psycopg.connect(platform.addresses.dsn) as connection:
                found += [str(row[0]) for row in connection.execute(query)]
        return found

    def remove(self, created_by: str) -> None:
        """Remove what somebody left in the first platform."""
        with psycopg.connect(self.one.addresses.dsn) as connection:
            connection.execute("DELETE FROM sys_webhooks WHERE created_by = %s", [created_by])


@pytest.fixture(scope="session")
def platforms() -> Iterator[Platforms]:
    """The platforms, up."""
    with tempfile.TemporaryDirectory(prefix="separate-") as name, Reaper() as reaper:
        folder = Path(name)
        folder.chmod(0o755)  # Postgres may run as another user, who must get through to its own directory
        port = free_port()
        lonely = ProcessPart(
            module_service("embedded_inngest", "dev", "--no-discovery", name="lonely", port=port, health="/health"),
            Ground(logs=folder, folder=folder, reaper=reaper, within=20),
        )
        lonely.launch()
        with separate_stacks(folder, "one", "other") as [one, other]:
            lonely.wait()
            yield Platforms(one=one, other=other, lonely=lonely.url)
        lonely.stop()
