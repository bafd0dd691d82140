"""Two platforms that run apart from the suite, on one server of Postgres, and an Inngest that knows nobody."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from harness.processes.ports import free_port
from harness.processes.reaper import Reaper
from harness.services import Ground, ProcessPart, module_service
from harness.session import READY_WITHIN
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
def platforms(lonely: ProcessPart) -> Iterator[Platforms]:
    """The platforms, up."""
    with separate_stacks("one", "other") as [one, other]:
        lonely.wait()
        yield Platforms(one=one, other=other, lonely=lonely.url)


@pytest.fixture(scope="session")
def lonely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessPart]:
    """An Inngest that knows nobody; not waited for."""
    folder = tmp_path_factory.mktemp("lonely")
    with Reaper() as reaper:
        lonely = ProcessPart(
            module_service(
                "embedded_inngest", "dev", "--no-discovery", name="lonely", port=free_port(), health="/health"
            ),
            Ground(logs=folder, folder=folder, reaper=reaper, within=READY_WITHIN),
        )
        lonely.launch()
        yield lonely
        lonely.stop()
