"""The audit of the guide misses nothing of the guide, and sends nobody to what does not exist."""

import re

import pytest

from tests.unit.compose.repository import ROOT, compose_file

AUDIT = (ROOT / "docs" / "guide-audit.md").read_text()
GUIDE = (
    "./scripts/start-inngest.sh",
    "./scripts/verify-inngest-setup.sh",
    "./scripts/test-inngest-events.sh",
    "inngest/inngest:v0.38.0",
    "8288:8288",
    "inngest_data:/app/.inngest",
    "INNGEST_EVENT_KEY=local",
    "INNGEST_SIGNING_KEY=test-signing-key",
    "INNGEST_LOG_LEVEL=info",
    "INNGEST_DEBUG=true",
    "INNGEST_EVENT_RETENTION_HOURS=48",
    "INNGEST_BASE_URL=http://inngest:8288",
    "NEXT_PUBLIC_INNGEST_URL=http://localhost:8288",
    "docker-compose up -d",
    "docker-compose ps",
    "docker-compose up -d inngest",
    "docker-compose restart inngest",
    "docker-compose logs -f inngest",
    "docker-compose logs --tail=100 inngest",
    "docker-compose stop inngest",
    "docker volume rm beema_inngest_data",
    "docker-compose down inngest",
    "lsof -i :8288",
    "docker network inspect beema-network",
    "docker-compose exec beema-kernel curl -f http://inngest:8288/health",
    "docker-compose exec beema-kernel env",
    "docker-compose logs beema-kernel",
    "docker-compose ps studio",
    'docker-compose exec postgres psql -U beema -d beema_kernel -c "SELECT * FROM sys_webhooks LIMIT 10;"',
    "docker-compose -f docker-compose.yml -f docker-compose.inngest.yml up -d",
    "http://localhost:8288/health",
    "/v0/functions",
    "http://localhost:8288/e/local",
    "http://localhost:8080/api/v1/events/test/policy-bound",
    "http://localhost:3000/api/inngest",
    "http://localhost:3000/webhooks",
    "INNGEST_BASE_URL=https://api.inngest.com",
)
"""The commands, addresses and variables of the guide."""


@pytest.mark.parametrize("named", GUIDE)
def test_what_the_guide_names_has_its_row(named: str) -> None:
    """Every command, address and variable of the guide is in the first column of a table."""
    assert [row for row in AUDIT.splitlines() if row.startswith("|") and named in row.split(" | ")[0]]


def test_rows_are_whole() -> None:
    """Each row of a table has as many cells as its head."""
    tables = re.findall(r"(?:^\|.*\n)+", AUDIT, flags=re.MULTILINE)
    widths = [{len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()} for table in tables]

    assert [width for width in widths if len(width) != 1] == []
    assert len(tables) == len(re.findall(r"^## ", AUDIT, flags=re.MULTILINE))


def test_targets_of_the_audit_exist() -> None:
    """Every `make …` of the audit is a target of the Makefile."""
    named = set(re.findall(r"(?:`|=\S+ )make ([a-z-]+)", AUDIT))

    assert named <= set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert {"up", "ps", "logs", "restart-inngest", "clear-inngest", "offline-images"} <= named


def test_services_of_the_audit_exist() -> None:
    """Every `SERVICE=…` of the audit is a service of the platform."""
    assert set(re.findall(r"SERVICE=(\w+)", AUDIT)) <= set(compose_file("docker-compose.yml")["services"])
