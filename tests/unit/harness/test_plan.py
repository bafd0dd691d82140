"""The plan tells all that a run would do to a platform, and no secret."""

from pathlib import Path

from harness.baseline import KnownDefect
from harness.report.plan import Chosen, plan
from harness.settings import Settings
from harness.targets import Control, Inngest, Service, Target

CHOSEN = Chosen(judged=["REG-03", "REG-04", "EVT-03"], untenanted=["EVT-03"], disturbing=["REG-03", "REG-04"])
STAGING = Target(
    name="staging",
    kind="external",
    folder=Path(),
    dispatcher=Service(url="http://studio:3000", health="/"),
    inngest=Inngest(url="http://inngest:8288", event_key="KEY-SECRET", mode="start", signing_key="SIGN-SECRET"),
    dsn="postgresql://me:DB-SECRET@db:5432/beema",
    absent={"kernel": "events come from a batch"},
    waived={"REG-03": "nobody may restart it"},
    control={"inngest": Control(stop=["a"], start=["b"])},
)


def told(target: Target) -> str:
    """Return the plan as text."""
    return "\n".join(plan(target, Settings(), CHOSEN))


def test_plan_of_a_running_platform_tells_where_what_and_whom_it_disturbs() -> None:
    """Who is judged, what is written, what is disturbed or left out: all of it is there, and no secret is."""
    text = told(STAGING)

    for part in (
        "judged: 3 requirements (REG-03..04, EVT-03)",
        "dispatcher: http://studio:3000/api/inngest",
        "kernel: none",
        "Inngest: http://inngest:8288, mode start",
        "database: beema at db, user me",
        "created_by 'beema-verify RUN'",
        "without a tenant, or for the tenant default: EVT-03; unverified",
        "disturbed by your own commands, one test at a time (REG-03..04): inngest",
        "not disturbed: dispatcher",
        "absent, so not applicable: kernel (events come from a batch)",
        "waived, if it can't be verified: REG-03 (nobody may restart it)",
    ):
        assert part in text
    assert "SECRET" not in text


def test_plan_tells_what_is_accepted() -> None:
    """What the baseline lets pass is in the plan."""
    known = KnownDefect(requirement="REG-03", reason="ours", until=None, where="a file, line 1")

    assert "accepted, if it fails: REG-03, known defect: ours" in plan(
        STAGING, Settings(), CHOSEN, {known.requirement: known}
    )


def test_plan_of_what_the_suite_starts_is_short() -> None:
    """Nobody's platform is touched where the suite starts everything itself."""
    text = told(Target(name="reference", kind="reference", folder=Path()))

    assert "the suite starts everything itself" in text
    assert "written into" not in text
