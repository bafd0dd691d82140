"""A session: one run of the suite, with the folder that its processes share and the stack that they judge."""

import json
import os
import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.databases.local import LocalPostgres
from harness.processes.reaper import Reaper
from harness.settings import Settings
from harness.stack import Stack

ADDRESSES, TESTS, PROGRESS = "addresses.json", "tests-{}.json", "progress.json"


class Session:
    """Owns what one run starts; closed in reverse order, also after Ctrl-C.

    Attributes:
        folder: What the processes of the run tell each other, and the database's files; gone at the end.
        logs: One log a part of the stack, and the database's; kept.
        database: What reports say of the database; known once the stack is started.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._closing = ExitStack()
        self.logs = settings.artifacts.absolute() / "logs"
        self.reaper = self._closing.enter_context(Reaper())
        self.folder = self._temporary_folder()
        self.database = ""

    def start_stack(self) -> Stack:
        """Start Postgres and the stack, and tell the other processes where it is.

        Raises:
            SetupError: A part can't be started.
        """
        shutil.rmtree(self.logs, ignore_errors=True)
        log = self.logs / "database" / "postgres.log"  # apart from logs in which no secret may stand: it may quote rows
        log.parent.mkdir(parents=True)
        server = LocalPostgres(
            self.folder / "postgres", reaper=self.reaper, bin_dir=self._settings.postgres_bin or None, log_path=log
        )
        self._closing.callback(server.stop)
        dsn = server.dsn()
        stack = Stack(self._settings, server_dsn=dsn, database="beema", reaper=self.reaper, logs=self.logs)
        self._closing.callback(stack.close)
        stack.launch()
        server.start()
        stack.wait()
        self.database = f"{server.version} {server.kind}"
        write_json(self.folder / ADDRESSES, asdict(stack.addresses))
        return stack

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


def write_json(file: Path, value: Any) -> None:
    """Write a file that another process reads: it sees the old content or the new, never a half."""
    draft = file.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(value, ensure_ascii=False))
    draft.replace(file)


def read_json(file: Path) -> Any:
    """Read what `write_json` wrote; None when it has not been written yet."""
    try:
        return json.loads(file.read_text())
    except FileNotFoundError:
        return None
