"""What people see: every page whole, escaped, under a strict policy, and cheap however much there is."""

import re

import pytest

from embedded_inngest.runs import Run
from tests.unit.embedded_inngest.page.visiting import DONE, EVIL, Visitor, links, visit
from tests.unit.embedded_inngest.test_state_runs import STEPS, Answers, operation

PAGES = ("/", "/runs", "/runs/{run}", "/events", "/events/{event}", "/functions", "/functions/{function}", "/apps")
FORMS = ("/send", "/send?like={event}")
DOCUMENTS = ("/runs/{run}/output", "/runs/{run}/outputs/{output}", "/events/{event}/payload")
STATIC = ("/static/page.css", "/static/page.js", "/static/icon.svg")


async def path_of(visitor: Visitor, pattern: str) -> str:
    """Have an event start a run, and return a path with the ids of both."""
    event = await visitor.send("go", data={"x": EVIL})
    [run] = visitor.engine.state.runs_of_event(event)
    return pattern.format(event=event, run=run.id, function=run.function.id, output=run.spans[-1].output_span)


@pytest.mark.parametrize("pattern", [*PAGES, *FORMS])
def test_every_page_is_whole(pattern: str) -> None:
    """Each page has a title of its own, a language, one heading, a main part and what leads past the menu to it."""

    async def look(visitor: Visitor) -> str:
        response = await visitor.get(await path_of(visitor, pattern))
        assert (response.status, dict(response.headers)["content-type"]) == (200, "text/html; charset=utf-8")
        return response.body.decode()

    page = visit(look)

    assert re.search(r"<title>[^<]+ · Inngest, embedded</title>", page)
    assert [page.count(part) for part in ('lang="en"', "<h1>", '<main id="content"', 'href="#content"')] == [1, 1, 1, 1]


@pytest.mark.parametrize("pattern", [*DOCUMENTS, *STATIC])
def test_every_document_is_there(pattern: str) -> None:
    """What pages link to is handed out as what it is, and nobody may take it for something else."""

    async def look(visitor: Visitor) -> tuple[int, dict[str, str]]:
        response = await visitor.get(await path_of(visitor, pattern))
        return response.status, dict(response.headers)

    status, headers = visit(look)

    assert (status, headers["x-content-type-options"]) == (200, "nosniff")
    assert headers["content-type"].startswith(("application/json", "text/css", "text/javascript", "image/svg+xml"))


@pytest.mark.parametrize("pattern", [*PAGES, *FORMS])
def test_nothing_is_markup_but_the_page_itself(pattern: str) -> None:
    """Names, data, results and errors that look like markup are shown as text, on every page."""
    failing = (400, {"name": EVIL, "message": EVIL, "stack": EVIL})
    app = Answers((STEPS, [operation("StepRun", EVIL, data=EVIL)]), failing)

    async def look(visitor: Visitor) -> str:
        await visitor.send(EVIL, data={EVIL: EVIL}, user={EVIL: EVIL})
        visitor.engine.sync.expect(f"http://localhost/{EVIL}")
        events = links((await visitor.get("/events")).body.decode(), "/events")
        runs = links((await visitor.get("/runs")).body.decode(), "/runs")
        [function] = [one.id for one in visitor.engine.state.apps.functions()]
        path = pattern.format(run=runs[0], event=events[0], function=function)
        return (await visitor.get(path)).body.decode()

    page = visit(look, app=app, functions=(EVIL,))

    assert "alert(1)" in page or pattern == "/send"
    assert EVIL not in page


@pytest.mark.parametrize("path", ["/events?name={}&before={}", "/runs?status={}&function={}&before={}", "/runs/{}"])
def test_what_is_asked_for_is_no_markup(path: str) -> None:
    """What a link to a page brings along is shown, and linked on, as text."""

    async def look(visitor: Visitor) -> str:
        for _ in range(60):
            await visitor.send("go")
        return (await visitor.get(path.replace("{}", f'">{EVIL}'))).body.decode()

    page = visit(look)

    assert (EVIL in page, '">' + EVIL in page) == (False, False)


@pytest.mark.parametrize("pattern", [*PAGES, *FORMS])
def test_nothing_is_inline(pattern: str) -> None:
    """The policy forbids inline scripts and styles, and no page has any."""

    async def look(visitor: Visitor) -> tuple[str, str]:
        response = await visitor.get(await path_of(visitor, pattern))
        return dict(response.headers)["content-security-policy"], response.body.decode()

    policy, page = visit(look)

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert re.findall(r"<script(?! src=)|<style| style=| on[a-z]+=|javascript:", page) == []


@pytest.mark.parametrize(
    "path",
    [
        "/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "/runs/nonsense",
        "/runs/nonsense/output",
        "/events/01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "/events/nonsense/payload",
        "/functions/nonsense",
        "/send?like=nonsense",
        "/static/layout.html",
        "/runs/nonsense/nonsense/nonsense",
        "/send/nonsense",
    ],
)
def test_what_is_unknown_is_not_found(path: str) -> None:
    """An id that nothing has leads to a page that says so, with status 404."""

    async def look(visitor: Visitor) -> tuple[int, bytes]:
        response = await visitor.get(path)
        return response.status, response.body

    status, body = visit(look)

    assert (status, b"<h1>Not found</h1>" in body) == (404, True)


def test_a_page_is_asked_for_in_no_other_way() -> None:
    """What is only looked at is not acted upon, and forms alone are posted."""

    async def look(visitor: Visitor) -> list[tuple[int, str]]:
        posted = [await visitor.post("/runs"), await visitor.get("/runs/nonsense/cancel")]
        return [(response.status, dict(response.headers)["allow"]) for response in posted]

    assert visit(look) == [(405, "GET"), (405, "POST")]


def test_an_output_that_is_not_there_is_not_found() -> None:
    """A step has no output under the id of nothing, and a run has none before its end."""

    async def look(visitor: Visitor) -> list[int]:
        run = await path_of(visitor, "/runs/{run}")
        return [(await visitor.get(f"{run}/{end}")).status for end in ("output", "outputs/nothing")]

    assert visit(look, app=Answers((500, "no"))) == [404, 404]


def test_a_page_that_was_seen_is_not_sent_again() -> None:
    """Whoever knows the mark of a page gets it only when it has changed."""

    async def look(visitor: Visitor) -> list[int]:
        mark = dict((await visitor.get("/runs")).headers)["etag"]
        statuses = [(await visitor.get("/runs", if_none_match=mark)).status]
        await visitor.send("go")
        return [*statuses, (await visitor.get("/runs", if_none_match=mark)).status]

    assert visit(look) == [304, 200]


def test_a_huge_payload_is_cut() -> None:
    """A page shows the beginning of a payload, says how long it is, and leads to the whole."""

    async def look(visitor: Visitor) -> tuple[str, bytes]:
        event = await visitor.send("none", data={"x": "y" * 100_000})
        page = (await visitor.get(f"/events/{event}")).body.decode()
        assert f'href="/events/{event}/payload"' in page
        return page, (await visitor.get(f"/events/{event}/payload")).body

    page, whole = visit(look)

    assert len(page) < 20_000
    assert re.search(r"Cut after 10,000 of 100,\d{3} characters", page)
    assert b"y" * 100_000 in whole


def test_a_list_unpacks_no_more_than_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many runs there are, a page of the list reads those on it, also when they are filtered."""
    unpacked: list[str] = []
    unpack = Run.unpacked

    def counted(run_id: str, *rest: object) -> Run:
        unpacked.append(run_id)
        return unpack(run_id, *rest)  # type: ignore[arg-type]

    async def look(visitor: Visitor) -> None:
        for _ in range(300):
            await visitor.send("go")
        monkeypatch.setattr(Run, "unpacked", counted)
        for path in ("/runs", "/runs?status=COMPLETED", "/runs?status=FAILED"):
            await visitor.get(path)

    visit(look)

    assert len(unpacked) == 100


def test_pages_of_a_list_follow_one_another() -> None:
    """Older pages show each run once, down to the first one."""

    async def look(visitor: Visitor) -> tuple[list[str], list[str]]:
        for _ in range(120):
            await visitor.send("go")
        seen, path = [], "/runs?status=COMPLETED"
        for _ in range(3):
            page = (await visitor.get(path)).body.decode()
            seen += links(page, "/runs")
            older = re.search(r'id="older" href="([^"]+)"', page)
            path = older.group(1).replace("&amp;", "&") if older else "no more"
        assert path == "no more"
        return seen, [run.id for run in visitor.engine.state.newest_runs()]

    seen, all_runs = visit(look)

    assert len(seen) == 120
    assert seen == all_runs


@pytest.mark.parametrize(
    ("query", "expected"), [("", 3), ("status=COMPLETED", 2), ("status=FAILED", 1), ("status=QUEUED", 0)]
)
def test_runs_are_filtered(query: str, expected: int) -> None:
    """The list of runs shows those of a status, and of a function."""

    async def look(visitor: Visitor) -> list[int]:
        for name in ("go", "other", "other"):
            await visitor.send(name)
        await visitor.clock.turn(60)
        [go, _] = visitor.engine.state.apps.functions()
        of_go = links((await visitor.get(f"/runs?function={go.id}")).body.decode(), "/runs")
        return [len(of_go), len(links((await visitor.get(f"/runs?{query}")).body.decode(), "/runs"))]

    app = Answers(DONE, DONE, (400, {"name": "E", "message": "no"}))

    assert visit(look, app=app, functions=("go", "other")) == [1, expected]


@pytest.mark.parametrize(("query", "names"), [("", ["b/c", "a/b"]), ("name=A/", ["a/b"]), ("name=zz", [])])
def test_events_are_filtered_by_name(query: str, names: list[str]) -> None:
    """The list of events shows those whose name has a part, in any case of letters."""

    async def look(visitor: Visitor) -> str:
        for name in ("a/b", "b/c"):
            await visitor.send(name)
        return (await visitor.get(f"/events?{query}")).body.decode()

    assert re.findall(r'<th scope="row"><a [^>]+>(\S+) <small', visit(look)) == names


def test_events_of_the_engine_itself_are_shown_on_request() -> None:
    """That a function has finished is an event too, which does not crowd the list unless it is asked for."""

    async def look(visitor: Visitor) -> list[bool]:
        await visitor.send("go")
        pages = [(await visitor.get(path)).body for path in ("/events", "/events?internal=1")]
        return [b"inngest/function.finished" in page for page in pages]

    assert visit(look) == [False, True]
