"""How fast the suite is: from the command to the first test, the whole run with one and two workers, one delivery.

Run as `python -m bench.suite`. Figures are printed, never judged: a machine is not at fault for being slow.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from harness.clients.rows import Rows
from harness.journey import Sources, publish
from harness.ledger import Ledger
from harness.receiver.receiver import Receiver
from harness.redaction import Redactor
from harness.session import Session
from harness.settings import Settings
from harness.stack import Clients
from harness.targets import Target
from harness.webhooks import Webhook, Webhooks

REFERENCE = Target(name="reference", kind="reference", folder=Path())

EVENTS = 200
"""Events that are published one after the other, each after the delivery of the one before."""


def main() -> None:
    """Measure and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        for workers in (0, 2):
            ready, total, code = run_of(workers, Path(folder))
            print(f"suite, {workers or 1} worker(s): first test {ready:.1f} s, all {total:.1f} s, exit {code}")
        milliseconds = deliveries(Path(folder))
    p50, p95, p99 = (statistics.quantiles(milliseconds, n=100)[each - 1] for each in (50, 95, 99))
    print(f"publish → delivered, {EVENTS} events: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms")


def run_of(workers: int, folder: Path) -> tuple[float, float, int]:
    """Run the suite as a user does, and return seconds to the first test, seconds of all, and the exit code."""
    started = time.monotonic()
    artifacts = folder / f"workers-{workers}"
    command = ["env", f"ARTIFACTS={artifacts}", sys.executable, "-m", "pytest", "-m", "e2e", "-n", str(workers)]
    code = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
    report = json.loads((artifacts / "report.json").read_text())
    return report["ready"], time.monotonic() - started, code


def deliveries(folder: Path) -> list[float]:
    """Return the milliseconds from each publication to the arrival of its delivery."""
    with closing(Session(Settings(artifacts=folder), REFERENCE, Redactor())) as session:
        addresses = session.start_stack()
        with (
            closing(Clients.of(addresses)) as clients,
            closing(Rows(addresses.dsn)) as rows,
            closing(Receiver().start()) as receiver,
        ):
            sources = Sources(inngest=clients.inngest, receiver=receiver, rows=rows, slug=addresses.slug)
            with closing(Ledger(session.folder, "bench")) as ledger:
                webhook = Webhooks(rows=rows, receiver=receiver, tenant="bench", listener=ledger).create("test/event")
            return [_delivery(number, webhook, sources) for number in range(EVENTS + 1)][1:]


def _delivery(number: int, webhook: Webhook, sources: Sources) -> float:
    event = {"name": "test/event", "id": f"bench-{number}", "data": {"tenantId": "bench", "message": "how fast?"}}
    journey = publish(event, sources)
    [attempt] = journey.arrives(webhook)
    return (attempt.at - journey.at) * 1000


if __name__ == "__main__":
    main()
