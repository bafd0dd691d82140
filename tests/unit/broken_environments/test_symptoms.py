"""Every symptom of the setup guide's troubleshooting section, produced on purpose, is recognised and explained."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.diagnosis import PAGE, Symptom
from tests.suite_run import ROOT, RunSuite

MODULES = "tests.unit.broken_environments"
SECTIONS = (ROOT / PAGE).read_text().split("\n## ")[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A part that is broken, and what the run must say of it beside the symptom.

    Attributes:
        part: The part, as the setting that names its module.
        module: What is started in its place.
        stage: The stage that sees it.
        tests: Words by which its tests are chosen.
        code: The run's exit code.
    """

    part: str
    module: str
    stage: str
    tests: str
    code: int = 1
    says: tuple[str, ...] = field(default=())


CASES = {
    Symptom.CONTAINER: Case(
        part="KERNEL",
        module=f"{MODULES}.misled_kernel",
        stage="1",
        tests="canary",
        code=6,
        says=("kernel to be ready at", "it runs, but is not ready"),
    ),
    Symptom.EVENTS: Case(
        part="KERNEL",
        module=f"{MODULES}.forgetful_kernel",
        stage="3",
        tests="documented_event and policy-bound",
        says=("Broken hop: published", "Likely causes: 1. Inngest at http://127.0.0.1:", "INNGEST_BASE_URL"),
    ),
    Symptom.FUNCTIONS: Case(
        part="DISPATCHER",
        module="faults star_trigger",
        stage="2",
        tests="starts_a_run",
        says=(
            "Broken hop: run started, not seen for ",
            "since the last good one (stored, ",
            "Likely causes: 1. its triggers are [*], none matches policy/bound",
            "also lost at this hop: policy/renewed evt-",
        ),
    ),
    Symptom.WEBHOOKS: Case(
        part="DISPATCHER",
        module=f"{MODULES}.matches_nobody",
        stage="1",
        tests="reaches_the_receiver",
        says=(
            "Broken hop: delivered, not seen for ",
            "since the last good one (run started, ",
            "Likely causes: 1. the run ended well, without a request and without a row: it matched no webhook",
        ),
    ),
    Symptom.REFUSED: Case(
        part="DISPATCHER",
        module=f"{MODULES}.misled_dispatcher",
        stage="2",
        tests="registered_under_its_app",
        says=("Broken hop: registered", "Likely causes: 1. the dispatcher's log says: ", "http://127.0.0.1:9/"),
    ),
}


@pytest.mark.parametrize("symptom", Symptom)
def test_symptom_is_recognised(run_suite: RunSuite, symptom: Symptom) -> None:
    """What is broken on purpose is named as people search for it, with its likeliest cause and its page."""
    case = CASES[symptom]
    broken = {case.part: case.module, "STAGE": case.stage, "WAIT_SCALE": "0.3"}

    suite = run_suite("-k", case.tests, **broken)

    assert suite.code() == case.code, suite.output
    assert [text for text in (symptom.line, *case.says) if text not in suite.output] == [], suite.output


def test_next_command_finds_the_event(run_suite: RunSuite) -> None:
    """The command that a failure ends with can be pasted when the run is over, and finds the event in the logs."""
    suite = run_suite("-k", "starts_a_run", DISPATCHER="faults star_trigger", STAGE="2", WAIT_SCALE="0.3")
    suite.code()

    found = re.search(r"^Next command: grep -rnE '(evt-[^|]+)\|(\S+)' (\S+)$", suite.output, re.MULTILINE)

    assert found, suite.output
    assert found[2] in "".join(log.read_text() for log in Path(found[3]).glob("*.log"))


def test_page_has_each_symptom_and_no_other() -> None:
    """Each symptom that the code names has its section, whose heading makes its anchor, and no section is without."""
    headings = [section.partition("\n")[0] for section in SECTIONS]

    anchors = [re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings]

    assert sorted(anchors) == sorted(Symptom)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.partition("\n")[0])
def test_section_shows_causes_and_commands(section: str) -> None:
    """A section shows its symptom as it is printed, the likely causes by rank, and commands."""
    assert [symptom.line in section for symptom in Symptom].count(True) == 1
    assert re.findall(r"^(\d)\. ", section, re.MULTILINE)[:3] == ["1", "2", "3"]
    assert "```bash\n" in section
