"""Commands of a target's owner, run where the target's file is."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from harness.errors import SetupError

COMMAND_TAKES = 60.0
"""Seconds that one of a target's own commands may take."""


def output_of(command: Sequence[str], folder: Path, *, key: str) -> str:
    """Run a command and return what it printed.

    Args:
        command: The command line.
        folder: Where it runs.
        key: The key of the target's file that names it.

    Raises:
        SetupError: It can't be run, takes too long or fails.
    """
    words = " ".join(command)
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=COMMAND_TAKES, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SetupError(f"`{words}` to run.", f"{error}.", f"see {key} in the target's file.") from None
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()[-1:] or ["nothing"]
        raise SetupError(
            f"`{words}` to succeed.", f"exit {done.returncode}: {said[0]}.", f"see {key} in the target's file."
        )
    return done.stdout.decode(errors="replace")
