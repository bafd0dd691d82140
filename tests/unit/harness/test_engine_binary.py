"""Inngest as a program of this machine: found, asked what it can, and started so that two do not meet."""

import json
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from harness.clients.http import Http
from harness.engines import Keys
from harness.engines.binary import PORT_FLAGS, find_binary
from harness.errors import SetupError
from harness.processes.ports import free_port
from harness.processes.reaper import Reaper
from harness.services import Ground

Program = Callable[..., str]

HELP = "\n".join(f"  {flag} int   Port (default: 1)" for flag in PORT_FLAGS)
DUMP = """import http.server, json, os, sys
json.dump([sys.argv[1:], dict(os.environ), os.getcwd()], open(os.path.dirname(__file__) + "/told.json", "w"))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Handler).serve_forever()
"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Write an `inngest` that tells a version and a manual, and else notes what it was told and listens."""

    def write(version: str = "1.43.0-abcdef123", manual: str = HELP) -> str:
        file = tmp_path / "inngest"
        (tmp_path / "server.py").write_text(DUMP)
        file.write_text(
            f'#!/bin/sh\ncase "$*" in\nversion) echo "{version}";;\n*--help) echo "{manual}";;\n'
            f'*) exec python3 "{tmp_path}/server.py" "$@";;\nesac\n'
        )
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
        return str(file)

    return write


@pytest.fixture
def ground(tmp_path: Path, reaper: Reaper) -> Ground:
    """Return what a server stands on."""
    return Ground(logs=tmp_path, folder=tmp_path, reaper=reaper, within=10)


def test_version_and_flags_are_asked_for(program: Program) -> None:
    """A program tells its version, and which of the further ports it can be given."""
    old, new = find_binary(program("0.29.9-abc", "--port 8288")), find_binary(program())

    assert old is not None
    assert new is not None
    assert (old.version, old.port_flags) == ("0.29.9-abc", [])
    assert (new.version, new.port_flags) == ("1.43.0-abcdef123", [*PORT_FLAGS])
    assert "no signed mode" in old.unsigned
    assert new.unsigned == ""
    assert "keeps nothing over a restart" in old.unkept
    assert new.unkept == ""
    assert "runs under way end with it" in new.unresumed


def test_server_is_told_what_it_needs_alone(
    program: Program, ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server gets free ports, keys where nobody reads them, a folder to write in, and no variable that steers it."""
    monkeypatch.setenv("INNGEST_PORT", "1")
    monkeypatch.setenv("DEBUG", "1")
    engine, keys = find_binary(program()), Keys.new()
    assert engine is not None

    part = engine.part(port=21871, sdk_url="http://127.0.0.1:1/api/inngest", keys=keys, ground=ground)
    part.start()
    part.stop()

    arguments, environment, folder = json.loads((tmp_path / "told.json").read_text())
    ports = [arguments[arguments.index(flag) + 1] for flag in ("--port", *PORT_FLAGS)]
    assert arguments[0] == "start"
    assert not {keys.event, keys.signing} & {*arguments}
    assert len({*ports}) == 4
    assert (environment["INNGEST_EVENT_KEY"], environment["INNGEST_SIGNING_KEY"]) == (keys.event, keys.signing)
    assert (environment["DEBUG"], environment["DO_NOT_TRACK"], "INNGEST_PORT" in environment) == ("", "1", False)
    assert Path(folder).parent == tmp_path


def test_port_is_the_one_asked_for(program: Program, ground: Ground) -> None:
    """In dev mode the server polls often, discovers nothing, and is found where it was asked to be."""
    engine = find_binary(program("0.29.9", "none"))
    assert engine is not None

    part = engine.part(port=21872, sdk_url="http://127.0.0.1:1/api/inngest", keys=None, ground=ground)

    words = " ".join(part._service.command).removeprefix(f"{engine.command[0]} ")
    assert part.url == "http://127.0.0.1:21872"
    assert words == (
        "dev --no-discovery -u http://127.0.0.1:1/api/inngest --poll-interval 1 --retry-interval 1 --tick 50 "
        "--host 127.0.0.1 --port 21872"
    )


def test_kept_store_is_emptied_on_demand(program: Program, ground: Ground, tmp_path: Path) -> None:
    """A server that is to keep its store is told so in dev mode; what it wrote is gone once it is cleared."""
    engine = find_binary(program())
    assert engine is not None
    part = engine.part(port=free_port(), sdk_url="http://127.0.0.1:1/api/inngest", keys=None, ground=ground, keep=True)
    part.start()
    arguments, _, folder = json.loads((tmp_path / "told.json").read_text())
    store = Path(folder) / ".inngest"
    store.mkdir()

    part.clear()

    with closing(Http("Inngest", part.url)) as http:
        assert not http.answers("/health")
    assert ("--persist" in arguments, store.exists()) == (True, False)


@pytest.mark.parametrize(
    ("script", "seen"),
    [
        (None, "it can't be run: No such file or directory"),
        ("#!/bin/sh\necho a fish", "`version` said 'a fish'"),
        ("#!/bin/sh\necho no such library >&2; exit 127", "`version` exited with code 127: no such library"),
        ("#!/bin/sh\nexit 1", "`version` exited with code 1: it said nothing"),
        ("#!/bin/sh\nsleep 60", "`version` took longer than 0.5 s"),
    ],
)
def test_program_that_is_no_inngest_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, seen: str
) -> None:
    """A program that is missing, fails, hangs or says something else is one clear message with the way out."""
    monkeypatch.setattr("harness.engines.binary.TO_TELL", 0.5)
    if script is not None:
        (tmp_path / "inngest").write_text(script)
        (tmp_path / "inngest").chmod(0o755)

    with pytest.raises(SetupError) as caught:
        find_binary(str(tmp_path / "inngest"))

    assert caught.value.seen == f"{seen}."
    assert "set INNGEST_BIN" in caught.value.next_step


def test_file_that_may_not_be_run_is_told(tmp_path: Path) -> None:
    """A file without the right to be run is named as that."""
    (tmp_path / "inngest").write_text("#!/bin/sh\necho 1.43.0")

    with pytest.raises(SetupError, match="it can't be run: Permission denied"):
        find_binary(str(tmp_path / "inngest"))


def test_path_is_searched_when_none_is_named(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a setting the program on the PATH is taken, and none is no error of its own."""
    folder = Path(program()).parent
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    found = find_binary("")
    monkeypatch.setenv("PATH", "/nonexistent")

    assert found is not None
    assert found.command == [str(folder / "inngest")]
    assert find_binary("") is None
    with pytest.raises(SetupError, match="there is no npx on the PATH"):
        find_binary("npx")
