"""The preflight ends a run only on evidence, names the key to correct, and leaves the rest to the stages."""

import time
from collections.abc import Iterator
from contextlib import closing
from email.utils import formatdate
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import psycopg
import pytest
from pytest_httpserver import HTTPServer

from harness.addresses import Addresses
from harness.clients.rows import Rows
from harness.databases.local import LocalPostgres
from harness.errors import SetupError
from harness.preflight.absent import require_absent
from harness.preflight.app import look_at_app
from harness.preflight.clocks import look_at_clocks
from harness.preflight.database import look_at_database
from harness.preflight.inngest import look_at_inngest
from harness.settings import Settings
from harness.stack import SCHEMA, Clients
from harness.tag import Tag
from harness.targets import Inngest, Service, Table, Target

KEYS = {"event_key": "the-event-key", "signing_key": "abcd"}
SECRETS = {"OUR_EVENT_KEY": "the-event-key", "OUR_SIGNING_KEY": "abcd"}
SETTINGS = Settings(wait_scale=0.1)


def target(**fields: Any) -> Target:
    """Return a running target."""
    return Target(**{"name": "t", "kind": "external", "folder": Path(), "secrets": SECRETS, **fields})


@pytest.fixture
def clients(httpserver: HTTPServer) -> Iterator[Clients]:
    """Clients of one server that plays Inngest and the dispatcher."""
    with closing(Clients.of(addresses(httpserver))) as clients:
        yield clients


def addresses(httpserver: HTTPServer, **others: str) -> Addresses:
    """Return where that server is, for every part."""
    url = httpserver.url_for("").rstrip("/")
    parts = {"engine": url, "dispatcher": url, "kernel": url, "dsn": "", "logs": "", "event_key": "local"}
    return Addresses(**{**parts, "app": "studio", "function": "dispatcher", "serve": "/api/inngest", **others})


def plays_inngest(httpserver: HTTPServer, *functions: dict[str, str], version: str = "") -> None:
    """Have the server answer as an Inngest that knows these functions."""
    entries = [
        {
            "id": "1",
            "name": each["slug"],
            "config": "{}",
            "triggers": [],
            "slug": each["slug"],
            "app": {"name": each["app"], "url": each["url"], "connected": True, "error": None},
        }
        for each in functions
    ]
    httpserver.expect_request("/v0/gql").respond_with_json({"data": {"functions": entries, "apps": []}})
    httpserver.expect_request("/v1/events").respond_with_json({"data": []})
    httpserver.expect_request("/dev").respond_with_json({"version": version})


@pytest.mark.parametrize(("mode", "advice"), [("dev", 'say mode = "start"'), ("start", "in OUR_SIGNING_KEY")])
def test_refusal_by_inngest_names_what_opens_it(
    httpserver: HTTPServer, clients: Clients, mode: Any, advice: str
) -> None:
    """An Inngest that wants a key is told from none, and the message says where ours comes from."""
    httpserver.expect_request("/v0/gql").respond_with_json({"error": "unauthorized"}, status=401)
    httpserver.expect_request("/v1/events").respond_with_json({"data": []})
    httpserver.expect_request("/dev").respond_with_data(status=404)

    with pytest.raises(SetupError, match="to let the suite in") as refused:
        look_at_inngest(clients.inngest, target(inngest=Inngest(url="http://i", mode=mode, **KEYS)))
    assert advice in refused.value.next_step


def test_page_in_place_of_inngest_is_quoted_by_its_title(httpserver: HTTPServer, clients: Clients) -> None:
    """Whatever answers in place of Inngest is shown in short."""
    page = "<html><title>Welcome to nginx</title></html>"
    httpserver.expect_request("/v0/gql").respond_with_data(page, content_type="text/html")
    httpserver.expect_request("/v1/events").respond_with_data(page, content_type="text/html")
    httpserver.expect_request("/dev").respond_with_data(page, content_type="text/html")

    with pytest.raises(SetupError, match="a page 'Welcome to nginx'"):
        look_at_inngest(clients.inngest, target(inngest=Inngest(url="http://i")))


def test_refused_event_key_is_named_by_its_variable(httpserver: HTTPServer, clients: Clients) -> None:
    """A server in signed mode that does not know the event key ends the run, and no secret is shown."""
    plays_inngest(httpserver)
    httpserver.expect_request("/e/local").respond_with_json({"error": "Event key not found"}, status=401)

    with pytest.raises(SetupError, match=r"401 .Event key not found.") as refused:
        look_at_inngest(clients.inngest, target(inngest=Inngest(url="http://i", mode="start", **KEYS)))
    assert "OUR_EVENT_KEY" in refused.value.next_step
    assert "the-event-key" not in str(refused.value)


def test_wrong_name_of_the_function_is_left_to_the_stages(httpserver: HTTPServer, clients: Clients) -> None:
    """A dispatcher that registers itself here under another name is no broken environment: REG-01 judges it."""
    url = httpserver.url_for("/api/inngest")
    plays_inngest(httpserver, {"slug": "shop-sender", "app": "shop", "url": url})
    httpserver.expect_request("/api/inngest").respond_with_json({"message": "synced"})

    finding = look_at_app(clients, addresses(httpserver), SETTINGS)

    assert (finding.good, finding.note) == (False, "studio-dispatcher is not registered; Inngest knows shop-sender")


def test_endpoint_at_another_path_ends_the_run(httpserver: HTTPServer, clients: Clients) -> None:
    """Where Inngest calls this dispatcher at another path than the target's file says, the file is to be corrected."""
    url = httpserver.url_for("/our/inngest")
    plays_inngest(httpserver, {"slug": "studio-dispatcher", "app": "studio", "url": url})
    httpserver.expect_request("/api/inngest").respond_with_data("no", status=404)

    with pytest.raises(SetupError, match="GET answers 404 there; Inngest calls it at /our/inngest") as refused:
        look_at_app(clients, addresses(httpserver), SETTINGS)
    assert 'serve = "/our/inngest"' in refused.value.next_step


def test_endpoint_that_is_broken_is_left_to_the_stages(httpserver: HTTPServer, clients: Clients) -> None:
    """An endpoint that answers an error where Inngest calls it is the dispatcher's own: PLAT-02 judges it."""
    url = httpserver.url_for("/api/inngest")
    plays_inngest(httpserver, {"slug": "studio-dispatcher", "app": "studio", "url": url})
    httpserver.expect_request("/api/inngest").respond_with_data("no", status=500)

    assert look_at_app(clients, addresses(httpserver), SETTINGS).good


def test_refused_sync_is_left_to_the_stages(httpserver: HTTPServer, clients: Clients) -> None:
    """A dispatcher that does not manage to sync may be broken itself, and is judged."""
    plays_inngest(httpserver)
    httpserver.expect_request("/api/inngest").respond_with_json({"message": "no"}, status=500)

    assert look_at_app(clients, addresses(httpserver), SETTINGS).good is False


def clocks(ahead: float) -> Clients:
    """Return clients of an Inngest and a dispatcher whose clocks are ahead of ours."""

    def answer(*_: Any) -> httpx.Response:
        return httpx.Response(200, headers={"date": formatdate(time.time() + ahead, usegmt=True)})

    inngest = SimpleNamespace(http=SimpleNamespace(get=answer))
    return cast("Clients", SimpleNamespace(inngest=inngest, dispatcher=SimpleNamespace(serve_endpoint=answer)))


@pytest.mark.parametrize(("ahead", "says"), [(10, "ahead"), (-10, "behind")])
def test_clock_that_is_off_ends_the_run(ahead: float, says: str) -> None:
    """A clock that is more than 2 s off is named, with the direction."""
    with pytest.raises(SetupError, match=rf"at least [789]\.\d s {says}\.|at least 10\.\d s {says}\."):
        look_at_clocks(clocks(ahead), cast("Rows", Database()))


@pytest.mark.parametrize("ahead", [1, -1.5])
def test_clock_must_be_off_for_certain(ahead: float) -> None:
    """What the whole seconds of a Date may explain is no evidence."""
    assert look_at_clocks(clocks(ahead), cast("Rows", Database())).good


class Database:
    """A database whose clock is ours, and which has every column."""

    def now(self) -> Any:
        """Return the time."""
        return psycopg.TimestampFromTicks(time.time())

    def columns(self, _: Table) -> frozenset[str]:
        """Return a column of the delivery status."""
        return frozenset({"last_status"})


def beside_the_dispatcher(httpserver: HTTPServer, status: int) -> Target:
    """Have a service that is up answer with a status where a kernel takes POST, and declare the kernel absent."""
    httpserver.expect_request("/actuator/health").respond_with_json({"status": "UP"})
    httpserver.expect_request("/api/v1/events/test/policy-bound").respond_with_data(status=status)
    url = httpserver.url_for("").rstrip("/")
    return target(absent={"kernel": "none"}, kernel=Service(url=url, health="/actuator/health"))


def test_kernel_that_is_there_is_not_absent(httpserver: HTTPServer, clients: Clients) -> None:
    """A kernel that is declared absent ends the run if it answers as one."""
    with pytest.raises(SetupError, match=r"remove absent\.kernel"):
        require_absent(beside_the_dispatcher(httpserver, 405), clients, cast("Rows", Database()), Tag())


def test_another_service_is_no_kernel(httpserver: HTTPServer, clients: Clients) -> None:
    """A service that is up and has no endpoint of a kernel's is nobody's business."""
    require_absent(beside_the_dispatcher(httpserver, 404), clients, cast("Rows", Database()), Tag())


def test_column_that_is_there_is_not_absent(clients: Clients) -> None:
    """A column of the delivery status that is declared false ends the run if the table has it."""
    webhooks = Table(name="hooks", columns={"last_status": None})

    with pytest.raises(SetupError, match=r"hooks has the column last_status"):
        require_absent(target(webhooks=webhooks), clients, cast("Rows", Database()), Tag())


def test_missing_rights_are_granted_in_the_message(postgres: LocalPostgres) -> None:
    """A user who may not write is named with the statement that lets him."""
    dsn = postgres.create_database("rights")
    with closing(psycopg.connect(dsn, autocommit=True)) as connection:
        connection.execute(SCHEMA.read_bytes())
        connection.execute(
            "CREATE ROLE reader LOGIN PASSWORD 'p'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader"
        )
    theirs = psycopg.conninfo.make_conninfo(dsn, user="reader", password="p")

    with pytest.raises(SetupError, match="does not grant it INSERT, UPDATE, DELETE") as refused:
        look_at_database(target(dsn=theirs))
    assert refused.value.next_step.startswith('GRANT INSERT, UPDATE, DELETE ON "sys_webhooks" TO "reader"')
