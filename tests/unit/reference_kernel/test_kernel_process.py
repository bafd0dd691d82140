"""The kernel's process: it says in one line what it cannot do."""

import os
import subprocess
import sys


def test_bad_setting_is_one_line_and_code_2() -> None:
    """A setting that is wrong ends the process at once, with one line and no traceback."""
    ended = subprocess.run(
        [sys.executable, "-m", "reference_kernel", "--port", "x"],
        env={"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (2, "PORT='x' is not a port. Choose a number from 1 to 65535.\n")
