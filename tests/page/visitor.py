"""What every test does with the page: open it, send an event, find the run of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.unit.embedded_inngest.scripted_app import ScriptedApp
from tests.unit.embedded_inngest.server import Server

PATIENCE = 10_000
"""Milliseconds for something to appear; the page looks once a second."""

expect.set_options(timeout=PATIENCE)


@contextmanager
def opened(browser: Browser, server: Server, **options: Any) -> Iterator[Page]:
    """Open a page that resolves paths at the engine; errors of scripts and of the policy of contents fail the test."""
    complaints: list[str] = []
    context = browser.new_context(base_url=server.base_url, **options)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def is_complaint(message: ConsoleMessage) -> bool:
    """Tell whether the browser found fault with the page; that a form is refused is none, though it says so too."""
    return message.type == "error" and "the server responded with a status of 400" not in message.text


def send(page: Page, name: str, data: str = "{}") -> None:
    """Send an event by the form; the page of the event is open afterwards."""
    page.goto("/send")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Data").fill(data)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def open_run(page: Page, app: ScriptedApp, function: str) -> None:
    """Follow the link from an event to the run of a function."""
    page.get_by_role("link", name=app.slug(function)).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(app.slug(function))


def status(page: Page) -> str:
    """Return what the page of a run says of it."""
    return page.locator("#state .status").inner_text().strip()
