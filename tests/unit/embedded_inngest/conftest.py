"""The engines that the tests of this folder judge, with the probe app beside one of them."""

import zlib
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from harness.processes.ports import free_port
from harness.processes.reaper import Reaper
from harness.receiver.receiver import Receiver
from tests.unit.embedded_inngest import recordings
from tests.unit.embedded_inngest.launching import Launcher, engine, probe
from tests.unit.embedded_inngest.performance import Performance, perform
from tests.unit.embedded_inngest.scripted_app import ScriptedApp
from tests.unit.embedded_inngest.server import Server

AS_RECORDED = ("--retry-interval", "1", "--tick", "50", "--no-discovery", "--poll-interval", "1")
"""What the recorded server was started with, but for its `--poll-interval 5`: we wait for the second sync."""


@pytest.fixture(scope="session")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    """Starts processes, and ends them however the tests end."""
    with Reaper() as reaper:
        yield Launcher(logs=tmp_path_factory.mktemp("engines"), reaper=reaper)


@pytest.fixture(scope="session")
def performance(launcher: Launcher) -> Performance:
    """What an engine did and said when everything recorded was asked of it again, the probe app beside it."""
    port = free_port()
    app = f"http://127.0.0.1:{port}"
    judged = engine("replaying", "-u", f"{app}/api/inngest", *AS_RECORDED)
    server = Server(judged.url)
    with launcher.running(judged, probe(judged.url, port=port)), closing(server):
        return perform(server, lambda: httpx.get(f"{app}{recordings.LOG}", trust_env=False).json())


@pytest.fixture(scope="session")
def server(launcher: Launcher) -> Iterator[Server]:
    """An engine without apps that tries again almost at once."""
    judged = engine("judged", "--retry-interval", "0.05", "--no-poll", "--no-discovery")
    with launcher.running(judged), closing(Server(judged.url)) as server:
        yield server


@pytest.fixture(scope="session")
def app_receiver() -> Iterator[Receiver]:
    """Answers the engine in the place of all scripted apps."""
    receiver = Receiver()
    receiver.start()
    yield receiver
    receiver.close()


@pytest.fixture
def app(request: pytest.FixtureRequest, server: Server, app_receiver: Receiver) -> ScriptedApp:
    """An app of the engine that answers what the test tells it to."""
    return ScriptedApp(f"app-{zlib.crc32(request.node.nodeid.encode()):x}", server, app_receiver)
