"""The logs of a stack, wherever they are kept."""

from collections.abc import Mapping
from pathlib import Path

from harness.addresses import Addresses
from harness.targets import Target
from harness.targets.commands import output_of


def read_logs(addresses: Addresses, target: Target) -> Mapping[str, str]:
    """Return what the parts have logged, by names that may be shown; nothing where nobody says how to read it.

    Raises:
        SetupError: The target's command for it fails.
    """
    if addresses.logs:
        return {log.name: log.read_text(errors="replace") for log in sorted(Path(addresses.logs).glob("*.log"))}
    if target.logs:
        return {f"`{' '.join(target.logs)}`": output_of(target.logs, target.folder, key="logs")}
    return {}
