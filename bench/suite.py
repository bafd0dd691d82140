"""How fast the suite is: from the command to the first test, and the whole run with one and two workers.

Run as `python -m bench.suite`. Figures are printed, never judged: a machine is not at fault for being slow.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        for workers in (0, 2):
            ready, total, code = run_of(workers, Path(folder))
            print(f"suite, {workers or 1} worker(s): first test {ready:.1f} s, all {total:.1f} s, exit {code}")


def run_of(workers: int, folder: Path) -> tuple[float, float, int]:
    """Run the suite as a user does, and return seconds to the first test, seconds of all, and the exit code."""
    started = time.monotonic()
    artifacts = folder / f"workers-{workers}"
    command = ["env", f"ARTIFACTS={artifacts}", sys.executable, "-m", "pytest", "-m", "e2e", "-n", str(workers)]
    code = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
    report = json.loads((artifacts / "report.json").read_text())
    return report["ready"], time.monotonic() - started, code


if __name__ == "__main__":
    main()
