"""The choice of an engine: the real one first, and loud about each way that was not to be had."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from harness.clients import versions
from harness.containers.asking import ask
from harness.containers.connection import connect
from harness.containers.images import Wanted, require_image
from harness.engines import Engine, Reach
from harness.engines.binary import BinaryEngine, find_binary
from harness.engines.command_line import environment
from harness.engines.docker import DockerEngine
from harness.engines.embedded import MODULE, EmbeddedEngine
from harness.errors import SetupError
from harness.processes.reaper import Reaper

AUTO = "auto"

AnyEngine = DockerEngine | BinaryEngine | EmbeddedEngine
KINDS: Mapping[str, type[AnyEngine]] = {"docker": DockerEngine, "binary": BinaryEngine, "embedded": EmbeddedEngine}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How Inngest is to be had.

    Attributes:
        way: One of `auto`, `docker`, `binary`, `embedded`.
        image: The image for `docker`.
        strict_image: Whether no other image may stand in for it.
        inngest_bin: The program for `binary`: a path, `npx`, or empty for the one on the PATH.
        require_real: Whether the embedded engine may not judge, in whatever it is packed.
        fallback: The image that stands in for it should it not exist; None when none may.
        embedded: The Python module for `embedded`.
    """

    way: str
    image: str
    strict_image: bool = False
    inngest_bin: str = ""
    require_real: bool = False
    fallback: str | None = None
    embedded: str = MODULE


class _Chooser:
    """Tries the ways to have an engine."""

    def __init__(self, wish: Wish, *, session: str, reaper: Reaper, say: Callable[[str], None]) -> None:
        self._wish = wish
        self._session = session
        self._reaper = reaper
        self._say = say
        self._ways: dict[str, Callable[[], AnyEngine]] = {
            "docker": self._docker,
            "binary": self._binary,
            "embedded": self._embedded,
        }

    def chosen(self) -> Engine:
        return self._first() if self._wish.way == AUTO else self._ways[self._wish.way]()

    def _first(self) -> Engine:
        """Return the first engine that can be had, and say of each way before it why it can't."""
        skipped: list[str] = []
        for name, way in self._ways.items():
            try:
                engine = way()
            except SetupError as error:
                last = error
                skipped.append(f"no ENGINE={name}: {error.seen.rstrip('.')}")
            else:
                for each in skipped:
                    self._say(each)
                return engine
        raise SetupError(last.expected, f"{'; '.join(skipped)}.", last.next_step)

    def _docker(self) -> DockerEngine:
        docker, wish = connect(), self._wish
        wanted = Wanted(
            name=wish.image,
            fallback=wish.fallback,
            strict=wish.strict_image,
            setting="INNGEST_IMAGE",
            otherwise="ENGINE=embedded",
        )
        image, note = require_image(docker, wanted, self._say)
        said = ask(
            docker,
            image,
            ["inngest", "version"],
            environment=environment(None),
            session=self._session,
            reaper=self._reaper,
        )
        version = versions.find_version(said) or versions.UNTOLD
        self._require_real(version, f"the image {image}")
        reach = Reach(listen=docker.place.listen, host=docker.place.name)
        notes = (note,) if note else ()
        return DockerEngine(image=image, version=version, session=self._session, reach=reach, notes=notes)

    def _binary(self) -> BinaryEngine:
        engine = find_binary(self._wish.inngest_bin)
        if engine is None:
            raise SetupError(
                "an `inngest` executable.",
                "INNGEST_BIN is not set, and there is no `inngest` on the PATH.",
                "set INNGEST_BIN to its path, or to `npx` to have it fetched; or ENGINE=embedded.",
            )
        self._require_real(engine.version, " ".join(engine.command))
        return engine

    def _embedded(self) -> EmbeddedEngine:
        if self._wish.require_real:
            raise SetupError(
                "Inngest itself to judge with, as REQUIRE_REAL=1 asks.",
                "the embedded engine is not it.",
                "have Docker or an `inngest` executable (INNGEST_BIN), or leave REQUIRE_REAL out.",
            )
        return EmbeddedEngine(module=self._wish.embedded)

    def _require_real(self, version: str, what: str) -> None:
        if self._wish.require_real:
            _require_real_version(version, what)


def choose(wish: Wish, *, session: str, reaper: Reaper, say: Callable[[str], None]) -> Engine:
    """Return the engine to judge with; what is said of it beside is in its notes.

    Args:
        wish: How it is to be had.
        session: The run that its containers will be of.
        reaper: Removes them at the end.
        say: Told of what takes a while, before it starts.

    Raises:
        SetupError: It can't be had so.
    """
    return _Chooser(wish, session=session, reaper=reaper, say=say).chosen()


def _require_real_version(version: str, what: str) -> None:
    if versions.is_embedded(version):
        raise SetupError(
            "Inngest itself to judge with, as REQUIRE_REAL=1 asks.",
            f"{what} is the embedded engine ({version}).",
            "name the real one in INNGEST_IMAGE or INNGEST_BIN, or leave REQUIRE_REAL out.",
        )


def as_json(engine: Engine) -> dict[str, Any]:
    """Return an engine as plain values, for another process of the run."""
    if not isinstance(engine, AnyEngine):
        message = f"only a chosen engine can be passed on, not {engine!r}"
        raise TypeError(message)
    return asdict(engine)


def from_json(value: Mapping[str, Any]) -> Engine:
    """Return the engine that `as_json` described."""
    reach, notes = Reach(**value["reach"]), tuple(value["notes"])
    return KINDS[value["kind"]](**{**value, "reach": reach, "notes": notes})
