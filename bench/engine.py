"""How fast is the embedded engine, and is it fast enough? `python -m bench.engine` prints figures beside their targets.

With INNGEST_BIN set, that executable is measured in the same run, with the same app on the same machine. The exit code
is 1 when a target is missed. Rates and latencies are the best of several, since others use the machine too. On two
cores that nobody else uses it takes three minutes, and two more for the executable.
"""

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from bench import delivery, settings, table
from bench.contestants import EMBEDDED, KEEPING, REAL, Contestant, Hall, Plan, contestants
from bench.figures import FINISHED, LARGE, LARGEST, MEDIUM, SMALL, Figures, rows
from bench.subject import Subject, sdk_subject, subject
from bench.table import Row
from harness.processes.reaper import Reaper

FILE = "bench.json"
SDK_RUNS = 300
PLANS: Mapping[str, Plan] = {
    EMBEDDED: Plan(
        backlogs={SMALL: 20, MEDIUM: 3, LARGE: 3, LARGEST: 1}, finished=FINISHED, deliveries=25, sdk_runs=SDK_RUNS
    ),
    KEEPING: Plan(backlogs={MEDIUM: 3, LARGE: 2}, finished=FINISHED),
    REAL: Plan(backlogs={SMALL: 2, MEDIUM: 1}, deliveries=10, sdk_runs=SDK_RUNS),
}


def measure(hall: Hall, contestant: Contestant) -> Figures:
    """Measure what is planned of one contestant, but for deliveries."""
    plan = contestant.plan
    figures = Figures(start_up=median(hall.start_up(contestant) for _ in range(plan.starts)))
    with subject(hall, contestant) as cheap:
        figures.calls = cheap.calls(plan.calls)
        _work_off(cheap, plan, figures)
    if plan.sdk_runs:
        with sdk_subject(hall, contestant) as costly:
            figures.with_sdk = costly.work_off(plan.sdk_runs)
    return figures


def _work_off(cheap: Subject, plan: Plan, figures: Figures) -> None:
    """Work off the backlogs that are planned, and then what is missing of the finished runs."""
    cheap.work_off(SMALL)  # what is loaded or compiled but once is no cost of a run
    finished = plan.calls + SMALL
    for runs in (size for size, times in plan.backlogs.items() for _ in range(times)):
        figures.backlogs.append(cheap.work_off(runs))
        finished += runs
        figures.megabytes[finished] = cheap.megabytes()
    if finished < plan.finished:
        cheap.work_off(plan.finished - finished)
        figures.megabytes[plan.finished] = cheap.megabytes()


def measure_all(folder: Path, inngest_bin: str | None) -> dict[str, Figures]:
    """Measure everything of every contestant, and say whose turn it is."""
    measured = {}
    with Reaper() as reaper:
        for contestant in contestants(PLANS, folder, inngest_bin):
            print(f"measuring {contestant.name} ...", file=sys.stderr, flush=True)
            figures = measured[contestant.name] = measure(Hall(folder, reaper), contestant)
            if contestant.plan.deliveries:
                figures.delivered = delivery.p50(contestant.name, contestant.plan.deliveries, folder, inngest_bin)
    return measured


def report(found: Sequence[Row], columns: Sequence[str], artifacts: Path) -> int:
    """Print the table and write it down; return the exit code."""
    for line in table.lines(found, columns):
        print(line)
    artifacts.mkdir(parents=True, exist_ok=True)
    (artifacts / FILE).write_text(json.dumps([row.as_json() for row in found], ensure_ascii=False, indent=2))
    return 0 if all(row.is_met for row in found) else 1


def main() -> int:
    """Measure, print and write; return the exit code."""
    chosen = settings.from_environment()
    with tempfile.TemporaryDirectory() as folder:
        measured = measure_all(Path(folder), chosen.inngest_bin)
    return report(list(rows(measured)), list(measured), chosen.artifacts)


if __name__ == "__main__":
    sys.exit(main())
