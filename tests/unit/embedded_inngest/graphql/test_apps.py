"""What can be done to apps, and what is left of one that was deleted."""

from pathlib import Path
from typing import Any

from tests.unit.embedded_inngest.flow.staged import Stage, function, play, play_on
from tests.unit.embedded_inngest.graphql.asking import FROM, ask, refused

APPS = "{ apps { id name url functionCount } }"
APP = "query($id: UUID!){ app(id: $id) { name functions { slug } } }"
BY_SLUG = 'query{ functionBySlug(query: {functionSlug: "go"}) { slug app { name } } }'
RUNS = """query($from: Time!){ runs(orderBy: [], filter: {from: $from}){
  edges { node { app { name } function { slug } } } } }"""
UPDATE = "mutation($id: String!, $url: String!){ updateApp(input: {id: $id, url: $url}) { id url } }"
DELETE = "mutation($id: String!){ deleteApp(id: $id) }"
DELETE_BY_NAME = "mutation($name: String!){ deleteAppByName(name: $name) }"
UNKNOWN = "00000000-0000-4000-a000-000000000000"
GO = function("go")


async def deleted(stage: Stage) -> str:
    """Let a run happen, delete the app, and return its id."""
    await stage.send("go")
    [app] = await ask(stage, APPS)
    assert await ask(stage, DELETE_BY_NAME, name="app") is True
    return str(app["id"])


def test_an_app_moves() -> None:
    """`updateApp` gives an app another URL, which is written as all URLs are."""

    async def scene(stage: Stage) -> None:
        [app] = await ask(stage, APPS)
        moved = await ask(stage, UPDATE, id=app["id"], url="http://127.0.0.1:9/api")

        assert moved == {"id": app["id"], "url": "http://localhost:9/api"}
        assert await refused(stage, UPDATE, id=UNKNOWN, url="http://x") == "sql: no rows in result set"

    play(scene, GO)


def test_a_deleted_app_starts_nothing() -> None:
    """The functions of an app that was deleted are in no list, and no event starts them."""

    async def scene(stage: Stage) -> None:
        [app] = await ask(stage, APPS)
        assert await ask(stage, DELETE, id=app["id"]) == app["id"]
        await stage.send("go")
        assert await ask(stage, APPS) == []
        assert await ask(stage, "{ functions { slug } }") == []

    stage = play(scene, GO)

    assert stage.runs("go") == []


def test_what_is_not_there_is_deleted_as_well() -> None:
    """An unknown id is deleted without a complaint, an unknown name is not found, and what is no id is refused."""

    async def scene(stage: Stage) -> None:
        assert await ask(stage, DELETE, id=UNKNOWN) == UNKNOWN
        assert await ask(stage, DELETE_BY_NAME, name="nobody") is False
        assert await refused(stage, DELETE, id="x") == "invalid UUID length: 1"

    play(scene, GO)


def test_a_deleted_app_moves_and_stays_deleted() -> None:
    """An app that was deleted can get another URL, which does not bring it back."""

    async def scene(stage: Stage) -> None:
        app_id = await deleted(stage)
        moved = await ask(stage, UPDATE, id=app_id, url="http://localhost:9/api")

        assert moved == {"id": app_id, "url": "http://localhost:9/api"}
        assert await ask(stage, APPS) == []

    play(scene, GO)


async def shown(stage: Stage, app_id: str) -> list[Any]:
    """Return what still leads to an app: its id, a function's slug, and its runs."""
    edges = (await ask(stage, RUNS, **{"from": FROM}))["edges"]
    return [await ask(stage, APP, id=app_id), await ask(stage, BY_SLUG), edges[0]["node"]]


LEFT = [
    {"name": "app", "functions": [{"slug": "go"}]},
    {"slug": "go", "app": {"name": "app"}},
    {"app": {"name": "app"}, "function": {"slug": "go"}},
]


def test_the_runs_of_a_deleted_app_still_name_it() -> None:
    """A deleted app is found by its id, its functions by their slugs, and its runs lead to both."""

    async def scene(stage: Stage) -> None:
        assert await shown(stage, await deleted(stage)) == LEFT

    play(scene, GO)


def test_a_deleted_app_is_remembered_as_deleted(tmp_path: Path) -> None:
    """After a restart a deleted app still starts nothing, and its runs still name it."""
    ids: list[str] = []

    async def before(stage: Stage) -> None:
        ids.append(await deleted(stage))

    async def after(stage: Stage) -> None:
        await stage.send("go")
        assert await shown(stage, ids[0]) == LEFT
        assert await ask(stage, APPS) == []

    play_on(tmp_path, before, GO)

    assert len(play_on(tmp_path, after, at=2000.0).runs("go")) == 1


def test_an_app_that_registers_again_is_back() -> None:
    """Registering brings a deleted app back, with the same id."""

    async def scene(stage: Stage) -> None:
        app_id = await deleted(stage)
        stage.register(GO)
        [app] = await ask(stage, APPS)

        assert (app["id"], app["functionCount"]) == (app_id, 1)

    play(scene, GO)


def test_only_who_asks_for_deleted_apps_finds_one() -> None:
    """The engine's own parts do not find a deleted app by its id."""

    async def scene(stage: Stage) -> None:
        apps, app_id = stage.engine.state.apps, await deleted(stage)
        left = apps.ever(app_id)

        assert (apps.by_id(app_id), apps.by_name("app"), list(apps)) == (None, None, [])
        assert left is not None
        assert apps.all() == [left]

    play(scene, GO)
