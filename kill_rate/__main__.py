"""`python -m kill_rate`, or `make kill-rate`: judge the catalogue, and tell what survived."""

import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from harness.contract import Contract
from harness.errors import HarnessError, UsageError
from harness.session import write_json
from harness.settings import Settings, from_environment
from harness.targets.reader import load
from harness.verdicts import BAD_USAGE, COULD_NOT_VERIFY, FAILED, HARNESS_ERROR, PASSED
from kill_rate import page, report
from kill_rate.catalogue import Catalogue, read_catalogue
from kill_rate.runner import OpenJudge, judge_all
from kill_rate.settings import Choice, read_choice
from kill_rate.tally import RIGHT_HOPS, Tally
from kill_rate.trial import Judge
from kill_rate.warm import WarmStack

INTERRUPTED = 2
"""The exit code after Ctrl-C, as everywhere in pytest."""


def main() -> int:
    """Judge what the environment asks for, and return the exit code."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell runs in the background is born deaf to it
    try:
        choice, settings = read_choice(), from_environment()
        catalogue = read_catalogue(choice.catalogue).chosen(choice.patterns)
        return _judge(catalogue, choice, settings)
    except KeyboardInterrupt:
        say("interrupted: everything that was started has been stopped")
        return INTERRUPTED
    except HarnessError as error:
        say(str(error))
        return BAD_USAGE if isinstance(error, UsageError) else COULD_NOT_VERIFY
    except Exception:  # noqa: BLE001 - Python's own code would be 1, which says that a fault survived
        say(traceback.format_exc())
        return HARNESS_ERROR


def _judge(catalogue: Catalogue, choice: Choice, settings: Settings) -> int:
    say(f"{len(catalogue.faults)} faults and {len(catalogue.variants)} correct dispatchers, {choice.workers} at a time")
    started, stopping = time.monotonic(), threading.Event()
    findings = []
    judges = _judges(choice, settings, stopping)
    for finding in judge_all(catalogue.specimens, judges, workers=choice.workers, stopping=stopping):
        say(report.line(finding))
        findings.append(finding)
    tally = Tally(findings=findings, requirements={each.id: each.level for each in Contract.read().values()})
    _tell(tally, choice, settings.artifacts, time.monotonic() - started)
    good = tally.kill_rate == 1 and tally.right_hop_rate >= RIGHT_HOPS and not tally.false_alarms
    return PASSED if good else FAILED


def _judges(choice: Choice, settings: Settings, stopping: threading.Event) -> OpenJudge:
    artifacts = settings.artifacts.absolute() / "kill-rate"
    target = load("reference", environment={})

    @contextmanager
    def open_judge(worker: int) -> Iterator[Judge]:
        folder = artifacts / f"stack-{worker + 1}"
        stack = WarmStack(settings.on_free_ports(), target, folder, catalogue=choice.catalogue)
        with closing(stack):
            stack.start()
            yield Judge(stack, catalogue=choice.catalogue, artifacts=artifacts, stopping=stopping)

    return open_judge


def _tell(tally: Tally, choice: Choice, artifacts: Path, seconds: float) -> None:
    artifacts.mkdir(parents=True, exist_ok=True)
    write_json(artifacts / "kill-rate.json", report.as_json(tally, seconds=seconds, complete=choice.whole))
    say("", *report.summary(tally), *(report.unproven(tally) if choice.whole else ()))
    say(f"in {seconds:.0f} s; {artifacts / 'kill-rate.json'} has it all")
    if choice.whole:
        page.PAGE.write_text(page.page(tally))


def say(*lines: str) -> None:
    """Print lines at once, also into a pipe."""
    for each in lines:
        sys.stdout.write(f"{each}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
