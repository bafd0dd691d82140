"""A platform that runs apart from the suite, and the target's file that points at it: what an external run judges."""

import json
import socketserver
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from harness.addresses import Addresses
from harness.databases.local import LocalPostgres
from harness.engines import Keys
from harness.engines.embedded import EmbeddedEngine
from harness.errors import HarnessError
from harness.processes.reaper import Reaper
from harness.services import Ground, Part
from harness.session import READY_WITHIN
from harness.settings import Settings
from harness.stack import Stack
from harness.targets import Target

REFERENCE = Target(name="separate", kind="reference", folder=Path(__file__).parent)
DEFAULTS = Settings()
PASSWORD = "SEPARATE_STACK_PASSWORD"
"""The variable that holds the database's password."""

SIGNED = """mode = "start"
event_key_env = "SEPARATE_EVENT_KEY"
signing_key_env = "SEPARATE_SIGNING_KEY"
"""

ASK = Path(__file__).with_name("ask.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Separate:
    """One platform.

    Attributes:
        folder: Where its target's files are.
        addresses: Where its parts are.
    """

    folder: Path
    addresses: Addresses

    @property
    def file(self) -> Path:
        """The target's file that describes it as it is."""
        return self.folder / "separate.toml"

    def target(self, name: str, *, extra: str = "", control: bool = False, **addresses: str) -> Path:
        """Write a target's file of another name.

        Args:
            name: Its name.
            extra: Further tables.
            control: Whether it lets the suite stop and start what it may.
            addresses: What it says of addresses, keys, the database's password and Inngest's mode, where that shall not
                be true.
        """
        file = self.folder / f"{name}.toml"
        places = ("engine", "dispatcher", "kernel", "dsn", "logs", "event_key", "signing_key")
        true = {name: getattr(self.addresses, name) for name in places}
        told = true | {"mode": self.addresses.mode} | addresses
        password = told.pop("password", conninfo_to_dict(told["dsn"])["password"])
        variables = {
            PASSWORD: password,
            "SEPARATE_EVENT_KEY": told["event_key"],
            "SEPARATE_SIGNING_KEY": told["signing_key"] or "cd" * 32,
        }
        (self.folder / f"{name}.env").write_text("".join(f"{key}={value}\n" for key, value in variables.items()))
        file.write_text(_described(name, told, extra, self._socket if control else None))
        return file

    @property
    def _socket(self) -> Path:
        return self.folder / "control"


@contextmanager
def separate_stacks(*names: str, signed: bool = False, settings: Settings = DEFAULTS) -> Iterator[list[Separate]]:
    """Run platforms of those names on free ports, with databases of one server, as long as the context lasts.

    Args:
        names: Of the platforms and of their databases.
        signed: Whether Inngest checks keys and signs.
        settings: May name another dispatcher than the reference.
    """
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="separate-")))
        folder.chmod(0o755)  # Postgres may run as another user, who must get through to its own directory
        reaper = running.enter_context(Reaper())
        server = running.enter_context(closing(LocalPostgres(folder / "postgres", reaper=reaper)))
        server.start()
        yield [
            running.enter_context(_separate(settings, folder / name, server, reaper, Keys.new() if signed else None))
            for name in names
        ]


@contextmanager
def _separate(
    settings: Settings, folder: Path, server: LocalPostgres, reaper: Reaper, keys: Keys | None
) -> Iterator[Separate]:
    """Run a platform in a new folder, with a database of the same name."""
    folder.mkdir()
    ground = Ground(logs=folder, folder=folder, reaper=reaper, within=READY_WITHIN)
    engine = EmbeddedEngine()
    stack = Stack(settings, REFERENCE, engine, server_dsn=server.dsn(), database=folder.name, ground=ground, keys=keys)
    with closing(stack):
        stack.launch()
        stack.wait()
        separate = Separate(folder=folder, addresses=stack.addresses)
        parts: dict[str, Part | LocalPostgres] = {
            "inngest": stack.engine,
            "dispatcher": stack.dispatcher,
            "database": server,
        }
        with _controlled(folder / "control", parts):
            separate.target("separate", control=True)
            yield separate


@contextmanager
def _controlled(path: Path, parts: Mapping[str, Part | LocalPostgres]) -> Iterator[None]:
    """Stop, kill and start parts on request, each with a line `PART VERB` and a line that complains or is empty."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            part, verb = self.rfile.readline().decode().split()
            self.wfile.write(f"{_done(parts[part], verb)}\n".encode())

    with socketserver.UnixStreamServer(str(path), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


def _done(part: Part | LocalPostgres, verb: str) -> str:
    try:
        {"stop": part.stop, "start": part.start, "kill": part.kill}[verb]()
    except HarnessError as error:
        return error.seen
    return ""


def _described(name: str, told: dict[str, str], extra: str, control: Path | None) -> str:
    parts = conninfo_to_dict(told["dsn"])
    dsn = f"postgresql://{parts['user']}@{parts['host']}:{parts['port']}/{parts['dbname']}"
    kernel = f'[kernel]\nurl = "{told["kernel"]}"\n' if told["kernel"] else ""
    return f"""kind = "external"
environment_file = "{name}.env"
logs = ["sh", "-c", "cat {told["logs"]}/*.log"]

[dispatcher]
url = "{told["dispatcher"]}"
{kernel}
[inngest]
url = "{told["engine"]}"
{SIGNED if told["mode"] == "start" else ""}

[database]
dsn = "{dsn}"
password_env = "{PASSWORD}"
{_commands(control) if control else ""}{extra}"""


def _commands(control: Path) -> str:
    def command(part: str, verb: str) -> str:
        return f"{verb} = {json.dumps([sys.executable, str(ASK), str(control), part, verb])}"

    verbs = {"inngest": ("stop", "start"), "dispatcher": ("stop", "start", "kill"), "database": ("stop", "start")}
    return "".join(
        "\n".join([f"\n[control.{part}]", *(command(part, verb) for verb in verbs[part]), ""]) for part in verbs
    )
