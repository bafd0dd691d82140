"""What a person does with the page while the engine works: it follows, and is not in the way."""

from playwright.sync_api import Page, expect

from harness.waiters import until
from tests.page.visitor import open_run, send, status
from tests.unit.embedded_inngest.scripted_app import ScriptedApp, error, operation, operations, result

STEP = operations(operation("StepRun", "load", data={"customer": "<b>Zoë</b>"}))
NAP = operations(operation("Sleep", "nap", opts={"duration": "2s"}))
WAIT = operations(operation("WaitForEvent", "wait", opts={"event": "never", "timeout": "1h"}))


def test_a_run_appears_and_is_followed_to_its_end(page: Page, app: ScriptedApp) -> None:
    """Whoever sends an event sees its run appear, its steps come one by one, and its output, without loading again."""
    app.serves("go", STEP, NAP, result({"sent": True}))
    app.sync()

    send(page, app.event("go"), '{"x": 1}')
    open_run(page, app, "go")

    expect(page.locator("#steps")).to_contain_text("nap")
    assert status(page) == "Running"
    expect(page.locator("#state .status")).to_have_text("Completed")
    expect(page.locator("#output pre")).to_contain_text('"sent": true')
    assert page.locator("#steps h3").all_inner_texts() == ["load step", "nap sleep", "end of the function function"]
    expect(page.get_by_role("status")).to_have_text(f"{app.slug('go')}: Completed.")


def test_the_list_of_runs_follows(page: Page, app: ScriptedApp) -> None:
    """A run that others start comes to the top of the list by itself, with what becomes of it."""
    app.serves("go", error(), result(), retries=1)
    app.sync()
    page.goto("/runs")
    expect(page.locator("#live")).to_have_text("live")

    app.send("go")

    row = page.get_by_role("row").filter(has_text=app.slug("go"))
    expect(row).to_contain_text("Completed")
    expect(page.get_by_role("status")).to_contain_text(app.slug("go"))


def test_a_run_is_run_again(page: Page, app: ScriptedApp) -> None:
    """Rerun leads to a new run with the same event, which tells of which one it is the rerun."""
    app.serves("go", error(), result("fine"))
    app.sync()
    send(page, app.event("go"))
    open_run(page, app, "go")
    expect(page.locator("#state .status")).to_have_text("Failed")
    first = page.url

    page.get_by_role("button", name="Rerun").click()

    expect(page.locator("#state .status")).to_have_text("Completed")
    assert page.url != first
    page.get_by_text("Rerun of").locator("..").get_by_role("link").click()
    expect(page).to_have_url(first)


def test_a_run_is_cancelled(page: Page, app: ScriptedApp) -> None:
    """Cancel ends a run that waits, and what is still to be done is gone."""
    app.serves("go", WAIT)
    app.sync()
    send(page, app.event("go"))
    open_run(page, app, "go")
    expect(page.locator("#jobs")).to_contain_text("end of a wait")

    page.get_by_role("button", name="Cancel").click()

    expect(page.locator("#state .status")).to_have_text("Cancelled")
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)


def test_nothing_typed_is_lost(page: Page, app: ScriptedApp) -> None:
    """What stands in a form stays, with the caret, while the list beside it changes."""
    app.serves("go")
    app.sync()
    page.goto("/functions")
    page.get_by_role("link", name=app.slug("go")).click()
    field = page.get_by_label("Data")
    field.fill('{"half": ')

    app.send("go")
    expect(page.locator("#runs")).to_contain_text("Completed")
    page.keyboard.type("1}")

    expect(field).to_have_value('{"half": 1}')
    expect(field).to_be_focused()


def test_what_is_open_and_focused_stays_so(page: Page, app: ScriptedApp) -> None:
    """A part that changes keeps the focus, and the output that was opened in it."""
    app.serves("go", STEP, NAP, result())
    app.sync()
    send(page, app.event("go"))
    open_run(page, app, "go")
    expect(page.locator("#steps")).to_contain_text("nap")
    page.locator("summary").filter(has_text="load").click()
    focused = page.evaluate("document.activeElement.id")

    expect(page.locator("#steps")).to_contain_text("end of the function")

    expect(page.get_by_text("<b>Zoë</b>")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == focused == "step-1-title"


def test_a_part_in_which_text_is_selected_waits(page: Page, app: ScriptedApp) -> None:
    """What a person is about to copy is not taken from under the pointer; it is renewed when that is done."""
    app.serves("go")
    app.sync()
    page.goto("/runs")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#runs'))")
    seen = page.locator("#runs").inner_html()
    looks = page.evaluate("performance.getEntriesByType('resource').length")

    app.runs(app.send("go"))
    until(lambda: page.evaluate("performance.getEntriesByType('resource').length") > looks + 1, within=5, every=0.1)

    assert page.locator("#runs").inner_html() == seen
    page.evaluate("getSelection().empty()")
    expect(page.locator("#runs")).to_contain_text(app.slug("go"))
