"""Who can use the page: with a keyboard, with a screen reader, on a small screen, without scripts, and offline."""

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from harness.receiver.receiver import Receiver
from tests.page.visitor import open_run, opened, send, status
from tests.unit.embedded_inngest.scripted_app import ScriptedApp, error, operation, operations, result
from tests.unit.embedded_inngest.server import Server

ACTIVE = "a, button, input, select, textarea, summary"
FOCUS = f"""() => {{
  const here = document.activeElement, place = [...document.querySelectorAll("{ACTIVE}")].indexOf(here);
  return [place, here.innerText || here.name || "", getComputedStyle(here).outlineStyle !== "none"];
}}"""
"""What has the focus: its place among all that can have it, its words, and whether that is to be seen."""

EVERY_RULE = {"resultTypes": ["violations"]}
COLOURS = {**EVERY_RULE, "runOnly": ["color-contrast", "link-in-text-block"]}
FAR = 100
"""Presses of Tab after which nobody looks any further."""

WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def places(server: Server, browser: Browser, app_of_many: ScriptedApp) -> list[str]:
    """The paths of all kinds of pages, with something of every kind on them."""
    event = app_of_many.send("go", {"long": "y" * 200, "text": "x " * 10_000})
    runs = [f"/runs/{run['id']}" for run in app_of_many.runs(event, count=2)]
    with opened(browser, server) as page:
        page.goto("/functions")
        function = page.get_by_role("link", name=app_of_many.slug("go")).get_attribute("href")
    lists = ["/", "/runs", "/events", "/functions", "/apps", "/send", f"/send?like={event}"]
    return [*lists, *runs, f"/events/{event}", str(function)]


@pytest.fixture(scope="module")
def app_of_many(server: Server, receiver: Receiver) -> ScriptedApp:
    """An app with a function that does all kinds of things, and one that fails."""
    app = ScriptedApp("many", server, receiver)
    step, nap = operation("StepRun", "load", data=1), operation("Sleep", "nap", opts={"duration": "0.6s"})
    app.serves("go", error(), operations(step), operations(nap), result({"ok": True}), retries=1)
    app.serves("fails", error(), triggers=[{"event": app.event("go"), "expression": "event.data.long != ''"}])
    app.sync()
    server.graphql('mutation { createApp(input: {url: "http://127.0.0.1:9/nobody"}) { id } }')
    return app


@pytest.mark.parametrize(("scheme", "rules"), [("light", EVERY_RULE), ("dark", COLOURS)])
def test_axe_finds_nothing(
    browser: Browser, server: Server, places: list[str], scheme: str, rules: dict[str, list[str]]
) -> None:
    """No page has anything that is known to keep people out; in the dark, only colours can differ."""
    found: dict[str, list[str]] = {}
    with opened(browser, server, color_scheme=scheme) as page:
        for place in places:
            page.goto(place)
            for summary in page.locator("summary").all():
                summary.click()
            results = Axe().run(page, options=rules)
            found[place] = [f"{one['id']}: {one['nodes'][0]['html']}" for one in results.response["violations"]]

    assert len(found) == len(places)
    assert {place: violations for place, violations in found.items() if violations} == {}


def test_nothing_is_wider_than_a_small_screen(browser: Browser, server: Server, places: list[str]) -> None:
    """On the narrowest of phones nobody has to scroll sideways."""
    with opened(browser, server, viewport={"width": 320, "height": 640}) as page:
        wider = [place for place in places if page.goto(place) and page.evaluate(WIDER)]

    assert wider == []


def test_the_keyboard_reaches_everything(page: Page, places: list[str]) -> None:
    """Tab goes through each page in the order in which it reads, shows where it is, and gets out at the end."""
    for place in places:
        page.goto(place)
        count = page.locator(ACTIVE).and_(page.locator(":visible")).count()
        seen = [focus_after_tab(page) for _ in range(count)]
        beyond, _, _ = focus_after_tab(page)

        assert [number for number, _, _ in seen] == sorted({number for number, _, _ in seen}), place
        assert [words for _, words, is_seen in seen if not is_seen] == [], place
        assert beyond in {-1, 0}, place  # out of the page, which in a browser without a frame may be its beginning


def test_a_run_is_found_and_run_again_by_keyboard(page: Page, app: ScriptedApp) -> None:
    """From the first page to a rerun: past the menu, to the run, to the button, with Tab and Enter alone."""
    app.serves("go")
    app.sync()
    app.runs(app.send("go"))
    page.goto("/")

    press(page, "Tab", "Enter")
    expect(page.locator("#content")).to_be_focused()
    press_until(page, app.slug("go"))
    expect(page.get_by_role("heading", level=1)).to_have_text(app.slug("go"))
    first = page.url
    press_until(page, "Rerun")

    expect(page.get_by_text("Rerun of")).to_be_visible()
    assert page.url != first


def test_it_works_without_scripts(browser: Browser, server: Server, app: ScriptedApp) -> None:
    """Without scripts an event is sent, its run looked at, run again and cancelled; only loading is by hand."""
    app.serves("go", operations(operation("WaitForEvent", "w", opts={"event": "never", "timeout": "1h"})))
    app.sync()
    with opened(browser, server, java_script_enabled=False) as page:
        send(page, app.event("go"), '{"x": 1}')
        open_run(page, app, "go")
        first = page.url
        page.get_by_role("button", name="Rerun").click()
        page.get_by_role("button", name="Cancel").click()

        assert (status(page), page.url != first) == ("Cancelled", True)
        expect(page.get_by_text("Load again to see what is new.")).to_be_visible()


def test_a_refused_event_is_told_and_kept(page: Page) -> None:
    """What is wrong with an event is said aloud and next to what was typed, which is still there."""
    page.goto("/send")
    page.get_by_label("Name").fill("a/b")
    page.get_by_label("Data").fill("{nonsense")
    with page.expect_response(lambda response: response.status == 400):
        page.get_by_role("button", name="Send").click()

    expect(page.get_by_role("alert")).to_contain_text("invalid character")
    expect(page.get_by_label("Data")).to_have_value("{nonsense")


def test_it_says_when_the_engine_is_gone(browser: Browser, server: Server) -> None:
    """A page that can't be kept up to date says so, and goes on when the engine is back."""
    context = browser.new_context(base_url=server.base_url)
    page = context.new_page()
    page.goto("/runs")
    expect(page.locator("#live")).to_have_text("live")

    context.set_offline(True)
    expect(page.locator("#live")).to_contain_text("does not answer")
    expect(page.locator("#live")).to_be_in_viewport()
    expect(page.get_by_role("status")).to_contain_text("does not answer")

    context.set_offline(False)
    expect(page.locator("#live")).to_have_text("live")
    context.close()


def focus_after_tab(page: Page) -> tuple[int, str, bool]:
    """Press Tab and return what has the focus then."""
    page.keyboard.press("Tab")
    place, words, is_seen = page.evaluate(FOCUS)
    return place, words, is_seen


def press(page: Page, *keys: str) -> None:
    """Press keys one after the other."""
    for key in keys:
        page.keyboard.press(key)


def press_until(page: Page, name: str) -> None:
    """Go on by Tab to what has a name, and press Enter there."""
    for _ in range(FAR):
        if focus_after_tab(page)[1].startswith(name):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"Tab does not reach {name}.")
