"""The engines that the tests of this folder judge, with the probe app beside one of them."""

import zlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
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
from tests.unit.embedded_inngest.signed import EVENT_KEY, SIGNING_KEY, SignedPerformance, perform_signed

AS_RECORDED = ("--retry-interval", "1", "--tick", "50", "--no-discovery", "--poll-interval", "1")
"""What the recorded server was started with, but for its `--poll-interval 5`: we wait for the second sync."""


@pytest.fixture(scope="session")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    """Starts processes, and ends them however the tests end."""
    with Reaper() as reaper:
        yield Launcher(logs=tmp_path_factory.mktemp("engines"), reaper=reaper)


@pytest.fixture(scope="session")
def performances(launcher: Launcher) -> Mapping[str, Performance]:
    """What an engine did and said, by release, when everything recorded of it was asked again."""
    with ThreadPoolExecutor() as pool:
        played = pool.map(lambda release: _performance(launcher, release), recordings.RELEASES)
        return dict(zip(recordings.RELEASES, played, strict=True))


def _performance(launcher: Launcher, release: str) -> Performance:
    """Run the engine, the probe app beside it, and ask it everything."""
    port = free_port()
    app = f"http://127.0.0.1:{port}"
    flags = recordings.RELEASES[release]
    judged = engine(f"replaying-{release}", "-u", f"{app}/api/inngest", *AS_RECORDED, *flags)
    with launcher.running(judged, probe(judged.url, port=port)), closing(Server(judged.url)) as server:
        return perform(release, server, lambda: httpx.get(f"{app}{recordings.LOG}", trust_env=False).json())


@pytest.fixture(scope="session")
def signed(launcher: Launcher, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedPerformance]:
    """What an engine in the signed mode did and said when everything recorded of it was asked again; it stays up."""
    port = free_port()
    app = f"http://127.0.0.1:{port}"
    keys = ("--event-key", EVENT_KEY, "--signing-key", SIGNING_KEY)
    asks = ("-u", f"{app}/api/inngest", "--poll-interval", "1", "--retry-interval", "1")
    store = ("--sqlite-dir", str(tmp_path_factory.mktemp("signed")))
    judged = engine("signed", *asks, *keys, *store, command="start")
    with launcher.running(judged, probe(judged.url, *keys, port=port)), closing(Server(judged.url)) as server:
        yield perform_signed(server, lambda: httpx.get(f"{app}{recordings.LOG}", trust_env=False).json())


@pytest.fixture(scope="session")
def signed_server(signed: SignedPerformance) -> Iterator[Server]:
    """The engine in the signed mode, as those see it who have its keys."""
    with closing(Server(signed.url, event_key=EVENT_KEY, signing_key=SIGNING_KEY)) as server:
        yield server


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
    return ScriptedApp(_unique(request), server, app_receiver)


@pytest.fixture(scope="session")
def old_server(launcher: Launcher) -> Iterator[Server]:
    """An engine that imitates the older release, without apps, and tries again almost at once."""
    flags = (*recordings.RELEASES[recordings.OLD], "--tick", "50", "--retry-interval", "0.05")
    judged = engine("judged-old", *flags, "--no-poll", "--no-discovery")
    with launcher.running(judged), closing(Server(judged.url)) as server:
        yield server


@pytest.fixture
def old_app(request: pytest.FixtureRequest, old_server: Server, app_receiver: Receiver) -> ScriptedApp:
    """An app of the engine that imitates the older release."""
    return ScriptedApp(_unique(request), old_server, app_receiver)


@pytest.fixture
def signed_app(request: pytest.FixtureRequest, signed_server: Server, app_receiver: Receiver) -> ScriptedApp:
    """An app of the engine in the signed mode."""
    return ScriptedApp(_unique(request), signed_server, app_receiver)


def _unique(request: pytest.FixtureRequest) -> str:
    return f"app-{zlib.crc32(request.node.nodeid.encode()):x}"
