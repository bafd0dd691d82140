"""The receipt says what was removed, or how to remove it."""

from pathlib import Path

from harness.receipt import clean_up
from harness.tag import Tag
from harness.targets import Table, Target


def test_lost_connection_leaves_the_sql(tmp_path: Path) -> None:
    """Where the database is out of reach at the end, the receipt has the statements, with the target's own names."""
    target = Target(
        name="t",
        kind="external",
        folder=tmp_path,
        dsn="postgresql://u:SECRET@127.0.0.1:9/db",
        webhooks=Table(name="studio.hooks", columns={"webhook_id": "id"}),
    )

    lines = list(clean_up(target, Tag(run="abc123"), tmp_path).lines())

    assert lines[0].startswith("receipt: the rows of run abc123 could not be removed (connection failed")
    assert lines[1].startswith('  DELETE FROM "sys_webhook_deliveries" WHERE "webhook_id" IN (SELECT "id" FROM "stud')
    assert lines[2:] == ["""  DELETE FROM "studio"."hooks" WHERE "created_by" = 'beema-verify abc123';"""]
    assert "SECRET" not in "".join(lines)
