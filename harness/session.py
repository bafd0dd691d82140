"""A session: one run of the suite, with the folder that its processes share and the stack that they judge."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from harness.addresses import Addresses
from harness.clients.rows import Rows
from harness.clients.versions import UNTOLD, capabilities
from harness.containers import cleanup
from harness.databases import Database
from harness.databases import choice as databases
from harness.engines import Engine
from harness.engines import choice as engines
from harness.errors import SetupError
from harness.preflight.absent import require_absent
from harness.processes.reaper import Reaper
from harness.receiver.tls import Authority
from harness.redaction import Redactor
from harness.services import Ground
from harness.settings import INNGEST_IMAGE, TRIED_IMAGE, Settings
from harness.stack import Clients, Stack
from harness.tag import Tag
from harness.targets import Target
from harness.visit import Visit

ADDRESSES, ENGINE, DATABASE, SERVER = "addresses.json", "engine.json", "database.json", "server.json"
TESTS, PROGRESS, TAG = "tests-{}.json", "progress.json", "tag.json"
"""Files of the session's folder, by which its processes tell each other something."""

DOCKER = "docker"

READY_WITHIN = 20.0
"""Seconds that a part may take to start; each usually takes one."""


class Session:
    """Owns what one run starts; closed in reverse order, also after Ctrl-C.

    Attributes:
        folder: What the processes of the run tell each other, and the database's files; gone at the end.
        logs: One log a part of the stack, and the database's; kept.
        engine: What reports say of the engine; known once the stack is started.
        database: What reports say of the database; known once the stack is started.
        redactor: Hides the secrets of the target, and those of the stack as soon as there are any.
        notes: What they must say beside, such as that another image stands in for the one that was asked for.
        tag: What is written into the platform is known by it.
        visit: To the platform, if it runs by itself.
        stack: What the run has started, if it did not find it running.
    """

    def __init__(
        self, settings: Settings, target: Target, redactor: Redactor, say: Callable[[str], None] = lambda _: None
    ) -> None:
        """Open the folder; nothing is started yet.

        Args:
            settings: What to start.
            target: Who is judged.
            redactor: Hides the target's secrets; learns those of the stack.
            say: Told of what takes a while, before it starts.
        """
        self._settings = settings
        self._target = target
        self._say = say
        self._closing = ExitStack()
        self.logs = settings.artifacts.absolute() / "logs"
        self.reaper = self._closing.enter_context(Reaper())
        self.folder = self._temporary_folder()
        self.engine: dict[str, Any] = {}
        self.database = ""
        self.notes: list[str] = []
        self.redactor = redactor
        self.tag = Tag()
        self.visit: Visit | None = None
        self.stack: Stack | None = None
        self._authority = Authority(self.folder)
        write_json(self.folder / TAG, asdict(self.tag))

    def start_stack(self) -> Addresses:
        """Start what is to be judged, unless it runs already, and tell the other processes where it is.

        Raises:
            SetupError: A part can't be started.
        """
        shutil.rmtree(self.logs, ignore_errors=True)
        self.logs.mkdir(parents=True)
        self._authority.create()
        addresses = self._found() if self._target.is_running or self._settings.attach else self._start_own()
        write_json(self.folder / ADDRESSES, asdict(addresses))
        return addresses

    def _found(self) -> Addresses:
        return self._visit() if self._target.is_running else self._attach(Path(self._settings.attach))

    def _attach(self, other: Path) -> Addresses:
        """Judge the stack of another session, which goes on to own it: nothing of it is stopped here."""
        addresses, engine, database = (read_json(other / name) for name in (ADDRESSES, ENGINE, DATABASE))
        if addresses is None:
            raise SetupError(
                "ATTACH to name the folder of a session whose stack is up.",
                f"{other} has no {ADDRESSES}.",
                "leave ATTACH out: it is for `make kill-rate`, which sets it itself.",
            )
        write_json(self.folder / ENGINE, engine)
        write_json(self.folder / SERVER, read_json(other / SERVER))
        self._authority.copy(Authority(other))
        found = Addresses(**addresses)
        self.database = database
        self.redactor.keep(found.secrets)
        self._note_engine(engine["kind"], engine["image"], found)
        return found

    def _visit(self) -> Addresses:
        self.visit = Visit(self._settings, self._target, self.tag, self.folder)
        self._closing.callback(self.visit.end)
        self.redactor.keep(self.visit.addresses.secrets)
        self.visit.begin()
        self.database = "external"
        self._note_engine("external", None, self.visit.addresses)
        return self.visit.addresses

    def _start_own(self) -> Addresses:
        engine = self._choose_engine()
        server = self._describe_database(engine)
        ground = Ground(
            logs=self.logs, folder=self.folder, reaper=self.reaper, within=self._settings.within(READY_WITHIN)
        )
        settings = _on_its_port(self._settings, engine)
        stack = Stack(
            settings,
            self._target,
            engine,
            server_dsn=server.dsn(),
            database="beema",
            ground=ground,
            told=self._authority.environment,
        )
        self.stack = stack
        self._closing.callback(stack.close)
        self.redactor.keep(stack.addresses.secrets)
        stack.launch()
        server.start()
        stack.wait()
        self._require_absent(stack.addresses)
        self.database = f"{server.version} {server.kind}"
        write_json(self.folder / DATABASE, self.database)
        self._note_engine(engine.kind, engine.image, stack.addresses)
        return stack.addresses

    def _require_absent(self, addresses: Addresses) -> None:
        """Refuse a target's file that declares to lack what the stack has, now that it can be asked."""
        if not self._target.lacks:
            return
        with (
            closing(Clients.of(addresses)) as clients,
            closing(Rows.of(addresses.dsn, self._target, self.tag)) as rows,
        ):
            require_absent(self._target, clients, rows, self.tag)

    def _choose_engine(self) -> Engine:
        settings = self._settings
        wish = engines.Wish(
            way=settings.engine,
            image=settings.inngest_image,
            fallback=TRIED_IMAGE if settings.inngest_image == INNGEST_IMAGE else None,  # others are somebody's choice
            strict_image=settings.strict_image,
            inngest_bin=settings.inngest_bin,
            require_real=settings.require_real,
            embedded=settings.embedded,
        )
        engine = engines.choose(wish, session=self.tag.run, reaper=self.reaper, say=self._say)
        write_json(self.folder / ENGINE, engines.as_json(engine))
        self.notes += engine.notes
        return engine

    def _describe_database(self, engine: Engine) -> Database:
        settings = self._settings
        choice = databases.choose(
            settings.database,
            beside=engine.kind,
            image=settings.postgres_image,
            postgres_bin=settings.postgres_bin,
            session=self.tag.run,
            say=self._say,
        )
        write_json(self.folder / SERVER, databases.as_json(choice))
        if DOCKER in (engine.kind, choice.kind):
            self._closing.callback(self._remove_containers)
        self.notes += choice.notes
        log = self.logs / "database" / "postgres.log"  # apart from logs in which no secret may stand: it may quote rows
        log.parent.mkdir()
        server = choice.server(self.folder / "postgres", reaper=self.reaper, log_path=log)
        self._closing.callback(server.stop)
        return server

    def _remove_containers(self) -> None:
        """Remove what the run has left in Docker, and say what may remain."""
        for line in cleanup.settle(self.tag.run, self.reaper):
            self._say(line)

    def _note_engine(self, kind: str, image: str | None, addresses: Addresses) -> None:
        with closing(Clients.of(addresses)) as clients:
            version = clients.inngest.version() or UNTOLD
        can = dict(capabilities(version))
        self.engine = {"kind": kind, "version": version, "image": image, "mode": addresses.mode, "capabilities": can}

    def close(self) -> None:
        """Stop everything and remove the folder."""
        self._closing.close()

    def _temporary_folder(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="beema-verify-"))
        folder.chmod(0o711)  # Postgres may run as another user, who must get through to its own directory
        self.reaper.directory(folder)
        self._closing.callback(self._remove, folder)
        return folder

    def _remove(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self.reaper.forget_directory(folder)


def _on_its_port(settings: Settings, engine: Engine) -> Settings:
    """Give an engine that shows its runs on one port alone that port, unless it was asked for anyway.

    Raises:
        SetupError: Another one was asked for.
    """
    if not engine.only_port or settings.engine_port == engine.only_port:
        return settings
    if settings.engine_port:
        raise SetupError(
            f"an Inngest that shows its runs on ENGINE_PORT={settings.engine_port}.",
            f"this version shows them on port {engine.only_port} alone.",
            "leave ENGINE_PORT out, or judge with a newer one.",
        )
    return replace(settings, engine_port=engine.only_port)


def write_json(file: Path, value: Any) -> None:
    """Write a file that another process reads: it sees the old content or the new, never a half."""
    draft = file.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)  # addresses hold secrets, and other users may know the folder's name
    draft.write_text(json.dumps(value, ensure_ascii=False))
    draft.replace(file)


def read_json(file: Path) -> Any:
    """Read what `write_json` wrote; None when it has not been written yet."""
    try:
        return json.loads(file.read_text())
    except FileNotFoundError:
        return None
