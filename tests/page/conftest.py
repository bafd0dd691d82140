"""A browser, and an engine with an app whose page it looks at."""

import os
import zlib
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from harness.errors import UsageError
from harness.processes.reaper import Reaper
from harness.receiver.receiver import Receiver
from tests.page import settings
from tests.page.visitor import opened
from tests.unit.embedded_inngest.launching import Launcher, engine
from tests.unit.embedded_inngest.scripted_app import ScriptedApp
from tests.unit.embedded_inngest.server import Server


def pytest_configure() -> None:
    """Say at once, and once, that there is no browser."""
    try:
        settings.chromium()
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, without its sandbox where that is not to be had: as root."""
    with sync_playwright() as playwright:
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=settings.chromium(), args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An engine that tries again almost at once."""
    judged = engine("paged", "--retry-interval", "0.05", "--no-poll", "--no-discovery")
    with Reaper() as reaper:
        launcher = Launcher(logs=tmp_path_factory.mktemp("engines"), reaper=reaper)
        with launcher.running(judged), closing(Server(judged.url)) as server:
            yield server


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """Answers the engine in the place of all apps."""
    receiver = Receiver()
    receiver.start()
    yield receiver
    receiver.close()


@pytest.fixture
def app(request: pytest.FixtureRequest, server: Server, receiver: Receiver) -> ScriptedApp:
    """An app of the engine that answers what the test tells it to."""
    return ScriptedApp(f"app-{zlib.crc32(request.node.nodeid.encode()):x}", server, receiver)


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A page in the browser that had nothing to complain of when it was closed."""
    with opened(browser, server) as page:
        yield page
