"""compose/wait-healthy comes back when every part is healthy, or says which one is not, and why."""

import subprocess
from pathlib import Path

from tests.unit.compose.programs import TOOLS, install, run

SERVICES = ("postgres", "dispatcher", "inngest", "kernel")
HEALTHY = "Up 2 seconds (healthy)"


def wait(folder: Path, *arguments: str, **states: str) -> subprocess.CompletedProcess[str]:
    """Wait for a platform whose parts are in these states, or else healthy; one without a state has no container."""
    listing = "\n".join(f"{name} {state}" for name in SERVICES if (state := states.get(name, HEALTHY)))
    docker = f"""case "$*" in
ps*Status*) echo '{listing}' ;;
ps*ID*) echo 0123 ;;
inspect*) printf 'old words\\nno such file: bash\\n\\n' ;;
*--services) printf '%s\\n' {" ".join(SERVICES)} ;;
*logs*inngest) echo 'panic: address in use' ;;
esac
"""
    return run("wait-healthy", *arguments, path=f"{install(folder, docker=docker)}:{TOOLS}")


def test_healthy_parts_are_listed(tmp_path: Path) -> None:
    """When all are healthy it lists them and succeeds."""
    ended = wait(tmp_path)

    assert ended.returncode == 0
    assert ended.stdout.splitlines() == [f"{name} {HEALTHY}" for name in sorted(SERVICES)]


def test_part_that_failed_is_told_with_its_log(tmp_path: Path) -> None:
    """A part that ended is not waited for: its last log lines and its last health check are shown."""
    ended = wait(tmp_path, inngest="Restarting (1) 2 seconds ago", kernel="")

    assert ended.returncode == 1
    *shown, expected, seen, _ = ended.stderr.splitlines()
    assert shown == ["--- the last lines of inngest", "panic: address in use", "health check: no such file: bash"]
    assert expected == "Expected: every part to be healthy."
    assert seen == "Seen: a part failed: inngest Restarting (1) 2 seconds ago, kernel not started."


def test_failure_of_compose_is_no_success(tmp_path: Path) -> None:
    """When Compose gave up, parts of an earlier start that are healthy do not hide it."""
    ended = wait(tmp_path, "--failed")

    assert ended.returncode == 1
    assert ended.stderr.splitlines()[1] == "Seen: Compose could not bring them up, and says why above."
