"""The Compose files hold what the guide promises, and nothing that nobody reads."""

import re
import subprocess

import pytest
from pytest_httpserver import HTTPServer

from tests.unit.compose.repository import COMPOSE, ROOT, compose_file, interpolated, variables

PLATFORM = compose_file("docker-compose.yml")
SERVICES = PLATFORM["services"]
TEXT = (COMPOSE / "docker-compose.yml").read_text()
AUDIT = (ROOT / "docs" / "guide-audit.md").read_text()
UNREAD = (
    "INNGEST_SIGNING_KEY",
    "INNGEST_LOG_LEVEL",
    "INNGEST_DEBUG",
    "INNGEST_EVENT_RETENTION_HOURS",
    "INNGEST_EVENT_STREAM_SIZE",
    "INNGEST_DEV_SERVER_PORT",
    "NEXT_PUBLIC_INNGEST_URL",
)
"""The variables of the guide that `inngest dev`, kernel and dispatcher run without."""


def test_ports_are_those_of_the_guide_on_loopback() -> None:
    """Every port is published on loopback alone."""
    ports = {port for service in SERVICES.values() for port in service.get("ports", [])}

    assert ports == {"127.0.0.1:8080:8080", "127.0.0.1:8288:8288", "127.0.0.1:3000:3000", "127.0.0.1:5433:5432"}


def test_override_opens_no_port() -> None:
    """The debug override publishes nothing."""
    assert [
        name for name, part in compose_file("docker-compose.inngest.yml")["services"].items() if "ports" in part
    ] == []


@pytest.mark.parametrize("name", SERVICES)
def test_service_says_when_it_is_healthy_and_starts_again(name: str) -> None:
    """Every part has a health check and is started again when it ends by itself."""
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_parts_wait_for_those_that_they_need() -> None:
    """Each part starts when the one before it is healthy: Postgres, dispatcher, Inngest, kernel."""
    needs = {name: part.get("depends_on", {}) for name, part in SERVICES.items()}
    healthy = {"condition": "service_healthy"}

    assert needs == {
        "postgres": {},
        "dispatcher": {"postgres": healthy},
        "inngest": {"dispatcher": healthy},
        "kernel": {"inngest": healthy},
    }


def test_health_checks_ask_the_paths_that_exist() -> None:
    """Each check of a part that speaks HTTP asks the part's own port and path."""
    asked = {name: part["healthcheck"]["test"][-2:] for name, part in SERVICES.items() if name != "postgres"}

    assert asked == {
        "dispatcher": ["3000", "/api/health"],
        "inngest": ["8288", "/health"],
        "kernel": ["8080", "/actuator/health"],
    }


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_health_check_tells_health(httpserver: HTTPServer, status: int, code: int) -> None:
    """The check itself succeeds on a 200 alone, with nothing on the PATH: the image of Inngest has no curl."""
    httpserver.expect_request("/health").respond_with_data('{"status":200}', status=status)
    _, *check, _, path = SERVICES["inngest"]["healthcheck"]["test"]
    command = [word.replace("$$", "$") for word in (*check, str(httpserver.port), path)]

    assert subprocess.run(command, env={"PATH": "/nowhere"}, executable="/bin/bash", check=False).returncode == code


def test_inngest_is_told_to_start_a_server_that_finds_the_dispatcher() -> None:
    """The image starts nothing by itself, so the command names the server and the dispatcher's address."""
    origin = SERVICES["dispatcher"]["environment"]["SERVE_ORIGIN"]

    assert SERVICES["inngest"]["command"] == ["inngest", "dev", "-u", f"{origin}/api/inngest", "--no-discovery"]


def test_names_of_the_guide_are_kept() -> None:
    """Network and volume have the names by which the guide's commands reach them."""
    assert PLATFORM["networks"]["default"]["name"] == "beema-network"
    assert "inngest_data" in PLATFORM["volumes"]
    assert "--project-name beema " in (COMPOSE / "compose").read_text()


@pytest.mark.parametrize("name", variables(COMPOSE / ".env.inngest"))
def test_variable_is_used(name: str) -> None:
    """Every variable of .env.inngest is filled in somewhere by the Compose file."""
    assert name in interpolated(TEXT)


def test_variables_are_set_or_have_a_default() -> None:
    """Compose fills in nothing empty: each variable is in .env.inngest or has a default."""
    with_default = set(re.findall(r"\$\{(\w+):-", TEXT))

    assert interpolated(TEXT) - with_default == set(variables(COMPOSE / ".env.inngest"))


@pytest.mark.parametrize("name", UNREAD)
def test_variable_that_nobody_reads_is_left_out_and_named(name: str) -> None:
    """A variable of the guide without effect is in no file of the platform, and the audit says that it is left out."""
    files = [path for path in COMPOSE.rglob("*") if path.is_file()]
    rows = [row for row in AUDIT.splitlines() if f"`{name}" in row and "left out" in row]

    assert [path.name for path in files if name in path.read_text()] == []
    assert rows


def test_offline_variables_are_those_of_the_compose_file() -> None:
    """Everything that OFFLINE=1 changes is a variable of the Compose file."""
    assert set(variables(COMPOSE / "offline" / "images.env")) <= interpolated(TEXT)


def test_embedded_engine_is_not_told_to_persist() -> None:
    """OFFLINE=1 keeps the embedded engine away from the store of the real one, which it would refuse."""
    assert variables(COMPOSE / "offline" / "images.env")["INNGEST_PERSIST"] == "false"
