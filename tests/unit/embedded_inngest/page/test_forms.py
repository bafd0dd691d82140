"""What forms do, and for whom: by the means of the APIs, and only when they were sent from the page itself."""

import pytest

from tests.unit.embedded_inngest.page.visiting import DONE, HOST, Gone, Visitor, links, visit
from tests.unit.embedded_inngest.test_state_runs import STEPS, Answers, operation
from tests.unit.embedded_inngest.turned_clock import settled

ACTIONS = (
    "/send",
    "/events/{event}/replay",
    "/functions/{function}/invoke",
    "/runs/{run}/rerun",
    "/runs/{run}/cancel",
    "/apps",
    "/apps/{app}/sync",
)
FOREIGN = (
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site"},
    {"sec_fetch_site": "cross-site", "origin": f"http://{HOST}"},
    {"origin": "http://evil.example"},
    {"origin": "http://engine.example:9"},
    {"origin": "null"},
)
OURS: tuple[dict[str, str], ...] = (
    {"sec_fetch_site": "same-origin", "origin": f"http://{HOST}"},
    {"sec_fetch_site": "none"},
    {"origin": f"http://{HOST}"},
    {},
)
SLEEPING = (STEPS, [operation("Sleep", "s", opts={"duration": "1h"})])


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("action", ACTIONS)
def test_a_form_of_another_site_does_nothing(action: str, headers: dict[str, str]) -> None:
    """What a browser sends on behalf of another site is refused with 403, and nothing happens."""
    app = Answers(SLEEPING)

    async def act(visitor: Visitor) -> int:
        event = await visitor.send("go")
        [run] = visitor.engine.state.newest_runs()
        function = run.function
        path = action.format(event=event, run=run.id, function=function.id, app=function.app_id)
        response = await visitor.post(path, {"name": "go", "url": "http://localhost:9"}, **headers)
        await settled()
        assert len(list(visitor.engine.state.newest_events())) == 1
        assert [(each.id, each.status) for each in visitor.engine.state.newest_runs()] == [(run.id, "RUNNING")]
        return response.status

    assert (visit(act, app=app), len(app.asked)) == (403, 1)


@pytest.mark.parametrize("headers", OURS, ids=str)
def test_a_form_of_the_page_itself_acts(headers: dict[str, str]) -> None:
    """What the page's own forms send is done, and so is what no browser sent."""

    async def act(visitor: Visitor) -> int:
        return (await visitor.post("/send", {"name": "go", "data": "{}"}, **headers)).status

    assert visit(act) == 303


def test_an_event_is_sent() -> None:
    """The form sends name, data, id and user, and leads to the event and the run that it started."""
    app = Answers(DONE)
    form = {"name": "go", "data": '{"x": 1}', "id": "mine", "user": '{"u": 2}'}

    async def act(visitor: Visitor) -> str:
        return (await visitor.follow("/send", form))[1]

    page = visit(act, app=app)

    sent = app.asked[0]["event"]
    assert (sent["name"], sent["data"], sent["id"], sent["user"]) == ("go", {"x": 1}, "mine", {"u": 2})
    assert "Completed" in page


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"name": "", "data": '{"typed": 1}'}, "event name is empty"),
        ({"name": "inngest/x", "data": '{"typed": 1}'}, "reserved for internal use"),
        ({"name": "typed", "data": "{nonsense"}, "invalid character"),
        ({"name": "typed", "data": "[1]"}, "cannot unmarshal array"),
        ({"name": "typed", "data": "{}", "user": "7"}, "cannot unmarshal number"),
        ({"name": "typed", "data": "[" * 300 + "]" * 300}, "exceeded max depth"),
    ],
)
def test_a_refused_event_stays_in_the_form(form: dict[str, str], complaint: str) -> None:
    """An event that the event API would refuse is refused in its words, and nothing that was typed is lost."""

    async def act(visitor: Visitor) -> tuple[int, str]:
        response = await visitor.post("/send", form)
        assert list(visitor.engine.state.newest_events()) == []
        return response.status, response.body.decode()

    status, page = visit(act)

    assert (status, complaint in page, "typed" in page) == (400, True, True)


def test_a_replayed_event_is_a_new_one() -> None:
    """Replay sends name, data and user again under a new id, so that its functions run again."""
    app = Answers(DONE)

    async def act(visitor: Visitor) -> tuple[str, str]:
        first = await visitor.send("go", data={"x": 1}, user={"u": 2}, id="only-once")
        return first, (await visitor.follow(f"/events/{first}/replay"))[0]

    first, place = visit(act, app=app)

    events = [asked["event"] for asked in app.asked]
    assert [(event["data"], event["user"]) for event in events] == [({"x": 1}, {"u": 2})] * 2
    assert events[1]["id"] != "only-once"
    assert place.startswith("/events/")
    assert first not in place


def test_an_event_of_the_engine_itself_is_not_replayed() -> None:
    """Nobody can have a function said to have finished: there is no button, and the form is refused."""

    async def act(visitor: Visitor) -> tuple[bytes, int]:
        await visitor.send("go")
        finished = next(visitor.engine.state.newest_events())
        page = (await visitor.get(f"/events/{finished.internal_id}")).body
        return page, (await visitor.post(f"/events/{finished.internal_id}/replay")).status

    page, status = visit(act)

    assert (b"/replay" in page, status) == (False, 400)


def test_an_event_can_be_changed_before_it_is_sent_again() -> None:
    """The form can begin with what another event says."""

    async def act(visitor: Visitor) -> str:
        event = await visitor.send("a/b", data={"x": "was there"})
        return (await visitor.get(f"/send?like={event}")).body.decode()

    page = visit(act)

    assert 'value="a/b"' in page
    assert "was there" in page


def test_a_function_is_invoked() -> None:
    """Invoke calls the function with the data, whatever triggers it, and leads to its run."""
    app = Answers(DONE)

    async def act(visitor: Visitor) -> list[str]:
        [function] = visitor.engine.state.apps.functions()
        _, page = await visitor.follow(f"/functions/{function.id}/invoke", {"data": '{"x": 1}'})
        return links(page, "/runs")

    runs = visit(act, app=app)

    assert app.asked[0]["event"]["data"]["x"] == 1
    assert runs == [app.asked[0]["ctx"]["run_id"]]


@pytest.mark.parametrize("data", ["{typed", '["typed"]'])
def test_a_function_is_not_invoked_with_anything_but_an_object(data: str) -> None:
    """What is no JSON object stays in the form with what is wrong with it."""
    app = Answers(DONE)

    async def act(visitor: Visitor) -> tuple[int, bytes]:
        [function] = visitor.engine.state.apps.functions()
        response = await visitor.post(f"/functions/{function.id}/invoke", {"data": data})
        return response.status, response.body

    status, page = visit(act, app=app)

    assert (status, b'role="alert"' in page, b"typed" in page, app.asked) == (400, True, True, [])


def test_a_run_is_run_again() -> None:
    """Rerun starts another run with the same event and leads to it, and it tells of which it is the rerun."""
    app = Answers(DONE)

    async def act(visitor: Visitor) -> tuple[str, str, str]:
        await visitor.send("go", data={"x": 1})
        [run] = visitor.engine.state.newest_runs()
        return run.id, *(await visitor.follow(f"/runs/{run.id}/rerun"))

    first, place, page = visit(act, app=app)

    assert [asked["event"]["data"] for asked in app.asked] == [{"x": 1}] * 2
    assert place == f"/runs/{app.asked[1]['ctx']['run_id']}"
    assert f'href="/runs/{first}"' in page


def test_a_run_is_run_again_from_a_step_on() -> None:
    """A step has a form by which the function runs again from it on, with the results of the steps before it."""
    steps = [(STEPS, [operation("StepRun", name, data=name)]) for name in ("first", "second")]
    app = Answers(*steps, DONE)

    async def act(visitor: Visitor) -> str:
        await visitor.send("go")
        [run] = visitor.engine.state.newest_runs()
        page = (await visitor.get(f"/runs/{run.id}")).body.decode()
        await visitor.follow(f"/runs/{run.id}/rerun", {"step": "second"})
        return page

    page = visit(act, app=app)

    assert [f'name="step" value="{step}"' in page for step in ("first", "second", "")] == [True, True, False]
    assert app.asked[3]["steps"] == {"first": {"data": "first"}}


def test_a_run_is_not_run_again_from_nowhere() -> None:
    """A step that the run does not have is refused with the reason."""

    async def act(visitor: Visitor) -> int:
        await visitor.send("go")
        [run] = visitor.engine.state.newest_runs()
        return (await visitor.post(f"/runs/{run.id}/rerun", {"step": "nowhere"})).status

    assert visit(act) == 400


def test_a_run_is_cancelled() -> None:
    """Cancel ends a run that sleeps, and its page says so and has no such button any more."""

    async def act(visitor: Visitor) -> tuple[bool, str]:
        await visitor.send("go")
        [run] = visitor.engine.state.newest_runs()
        before = b"/cancel" in (await visitor.get(f"/runs/{run.id}")).body
        return before, (await visitor.follow(f"/runs/{run.id}/cancel"))[1]

    before, page = visit(act, app=Answers(SLEEPING))

    assert (before, "Cancelled" in page, "/cancel" in page) == (True, True, False)


def test_an_ended_run_is_not_cancelled() -> None:
    """Cancel on a page that is out of date is refused with the reason."""

    async def act(visitor: Visitor) -> tuple[int, bytes]:
        await visitor.send("go")
        [run] = visitor.engine.state.newest_runs()
        response = await visitor.post(f"/runs/{run.id}/cancel")
        return response.status, response.body

    status, page = visit(act)

    assert (status, b"cannot cancel an ended run" in page) == (400, True)


@pytest.mark.parametrize("path", [action for action in ACTIONS if "{" in action])
def test_what_is_unknown_can_not_be_acted_on(path: str) -> None:
    """A form for something that does not exist leads to a page that says so, with status 404."""

    async def act(visitor: Visitor) -> int:
        return (await visitor.post(path, {"data": "{}"})).status

    assert visit(act) == 404


def test_an_app_is_synced_now() -> None:
    """Sync asks the app to register at once, and the list shows what is wrong with it."""
    app = Gone(DONE)

    async def act(visitor: Visitor) -> str:
        [known] = visitor.engine.state.apps
        return (await visitor.follow(f"/apps/{known.id}/sync"))[1]

    page = visit(act, app=app)

    assert [asked[0] for asked in app.asked] == ["http://localhost:1/api/inngest"]
    assert "unreachable" in page


def test_an_app_is_added() -> None:
    """An app whose URL is given is asked to register, and stands in the list even if it does not."""
    app = Gone(DONE)

    async def act(visitor: Visitor) -> str:
        return (await visitor.follow("/apps", {"url": "127.0.0.1:4000/api"}))[1]

    page = visit(act, app=app)

    assert [asked[0] for asked in app.asked] == ["http://localhost:4000/api"]
    assert "http://localhost:4000/api" in page


@pytest.mark.parametrize("url", ["", " ", "http://[", "http://"])
def test_an_app_without_a_url_is_refused(url: str) -> None:
    """What is no URL is refused, and no place is kept for it."""

    async def act(visitor: Visitor) -> tuple[int, int]:
        status = (await visitor.post("/apps", {"url": url})).status
        return status, len(list(visitor.engine.state.apps))

    assert visit(act) == (400, 1)


def test_events_want_a_key_where_the_engine_has_keys() -> None:
    """An engine that takes events only under its keys takes none from the page without one, sent or replayed."""

    async def act(visitor: Visitor) -> list[int]:
        event = await visitor.send("go")
        form = {"name": "go", "data": "{}"}
        keys: tuple[dict[str, str], ...] = ({}, {"key": "wrong"}, {"key": "right"})
        sent = [(await visitor.post("/send", {**form, **key})).status for key in keys]
        return [*sent, *[(await visitor.post(f"/events/{event}/replay", key)).status for key in keys]]

    assert visit(act, event_keys=("right",)) == [400, 400, 303] * 2
