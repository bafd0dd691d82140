"""Inngest as a program of this machine."""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.clients import versions
from harness.engines import LOCAL, Keys, Reach, command_line, unkept, unresumed, unsigned
from harness.errors import SetupError
from harness.processes.ports import LOOPBACK, free_port
from harness.services import Ground, ProcessPart, Service, inherited

NPX = "npx"
PACKAGE = "inngest-cli@1.43.0"
TO_TELL, TO_FETCH = 10.0, 180.0
"""Seconds that a program may take to tell its version, and that npx may take to fetch it first."""

LAST_WORDS = 200
"""Characters that are shown of what a program said before it failed."""

STORE = ".inngest"
"""Folder of its store, below the one in which it runs."""

PORT_FLAGS = ("--connect-gateway-port", "--connect-gateway-grpc-port", "--connect-executor-grpc-port")
"""Ports beside the one that is asked for; newer releases listen on them, at fixed numbers unless told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryEngine:
    """An `inngest` executable; plain values alone, so that any process of the run can start one.

    Attributes:
        command: The program, and what comes before its own arguments.
        version: What it says of itself.
        port_flags: The flags for further ports that it knows.
        notes: What every report must say of it.
    """

    command: Sequence[str]
    version: str
    port_flags: Sequence[str]
    notes: Sequence[str] = ()
    kind: str = "binary"
    image: str | None = None
    reach: Reach = LOCAL

    @property
    def only_port(self) -> int:
        """The one port on which it shows its runs; 0 when any will do."""
        return 0 if versions.has(versions.ANY_PORT, self.version) else versions.USUAL_PORT

    @property
    def unsigned(self) -> str:
        """Why it can't be had in signed mode; empty when it can."""
        return unsigned(self.version)

    @property
    def unkept(self) -> str:
        """Why it can't be had with a store that outlives a restart; empty when it can."""
        return unkept(self.version)

    @property
    def unresumed(self) -> str:
        """Why runs under way do not go on after a restart; empty when they do."""
        return unresumed(self.version)

    def part(self, *, port: int, sdk_url: str, keys: Keys | None, ground: Ground, keep: bool = False) -> ProcessPart:
        """Describe the server that is to listen on `port` and to sync with the app at `sdk_url`."""
        directory = Path(tempfile.mkdtemp(prefix="engine-", dir=ground.folder))  # else it would write where we run
        further = [word for flag in self.port_flags for word in (flag, str(free_port()))]
        service = Service(
            name="engine",
            command=[
                *self.command,
                *command_line.arguments(sdk_url, keys, host=LOOPBACK, port=port, keep=keep),
                *further,
            ],
            url=f"http://{LOOPBACK}:{port}",
            health="/health",
            directory=directory,
            store=directory / STORE,
            environment={**command_line.environment(keys), "DEBUG": ""},  # which would open one more port
        )
        return ProcessPart(service, ground)


def find_binary(inngest_bin: str) -> BinaryEngine | None:
    """Return the program that is asked for, else the one on the PATH; None when there is neither.

    Args:
        inngest_bin: A path, the word `npx`, or empty.

    Raises:
        SetupError: What was found does not work.
    """
    found = inngest_bin or shutil.which("inngest")
    if not found:
        return None
    if found != NPX:
        return _engine([str(Path(found).absolute())], within=TO_TELL)
    if not shutil.which(NPX):
        raise _no_server([NPX], "there is no npx on the PATH")
    return _engine([NPX, "--yes", PACKAGE], within=TO_FETCH)


def _engine(command: Sequence[str], *, within: float) -> BinaryEngine:
    said = _ask([*command, "version"], command, within)
    version = versions.find_version(said)
    if version is None:
        raise _no_server(command, f"`version` said {' '.join(said.split())[:100]!r}")
    manual = _ask([*command, "dev", "--help"], command, within)
    return BinaryEngine(
        command=command, version=version, port_flags=[flag for flag in PORT_FLAGS if f"{flag} " in manual]
    )


def _ask(arguments: Sequence[str], command: Sequence[str], within: float) -> str:
    try:
        answer = subprocess.run(
            arguments,
            env={**inherited(), **command_line.environment(None)},
            cwd=tempfile.gettempdir(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=within,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _no_server(command, f"`{arguments[-1]}` took longer than {within:g} s") from None
    except OSError as error:
        raise _no_server(command, f"it can't be run: {error.strerror}") from None
    said = (answer.stdout + b"\n" + answer.stderr).decode(errors="replace")
    if answer.returncode:
        last = " ".join(said.split())[-LAST_WORDS:] or "it said nothing"
        raise _no_server(command, f"`{arguments[-1]}` exited with code {answer.returncode}: {last.rstrip('.')}")
    return said


def _no_server(command: Sequence[str], seen: str) -> SetupError:
    return SetupError(
        f"`{' '.join(command)}` to be an Inngest server that tells its version.",
        f"{seen}.",
        f"set INNGEST_BIN to a working executable, or to `{NPX}` for {PACKAGE}; or ENGINE=embedded.",
    )
