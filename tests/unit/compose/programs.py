"""Programs that stand in for Docker: each is the text of its script."""

import subprocess
from pathlib import Path

from tests.unit.compose.repository import COMPOSE

TOOLS = "/usr/bin:/bin"
"""Where the machine's own small tools are."""


def install(folder: Path, **scripts: str) -> Path:
    """Make programs in a folder; an underscore in a name stands for a hyphen."""
    for name, script in scripts.items():
        path = folder / name.replace("_", "-")
        path.write_text(f"#!/bin/bash\n{script}")
        path.chmod(0o755)
    return folder


def run(script: str, *arguments: str, path: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script of compose/ with nothing in its environment but a PATH and what is given."""
    command = ["/bin/bash", str(COMPOSE / script), *arguments]
    environment["PATH"] = path
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=30)
