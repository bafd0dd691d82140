"""How fast is the embedded engine? `python -m bench.engine` prints a table.

With INNGEST_BIN set, that executable is measured in the same run, with the same app on the same machine.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

import httpx

from bench import settings
from harness.clients.http import Http
from harness.processes.managed import ManagedProcess
from harness.processes.ports import free_port
from harness.processes.reaper import Reaper

ROOT = Path(__file__).parent.parent
FLAGS = ("--no-discovery", "--no-poll", "--host", "127.0.0.1")
STARTS = 3
LATENCIES = 100
BATCH = 1000
"""Events in one request: the real server takes at most 5000."""

START, FINISH = 30.0, 600.0
"""Seconds until a process answers, and until a backlog is worked off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """An engine, as the command that starts it."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured: events of the backlog, and finished runs whose memory is looked at."""

    backlog: int
    finished: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was measured of one contestant."""

    start_up: float
    p50: float
    p95: float
    runs_per_second: float
    megabytes: float

    def rows(self, scale: Scale) -> Iterator[tuple[str, str]]:
        """Yield what was measured and how much it was."""
        yield "start-up, process start to first answer", f"{self.start_up * 1000:.0f} ms"
        yield "publish to first call of the app when idle, p50", f"{self.p50 * 1000:.1f} ms"
        yield "publish to first call of the app when idle, p95", f"{self.p95 * 1000:.1f} ms"
        yield f"two-step runs a second from a backlog of {scale.backlog}", f"{self.runs_per_second:.0f}"
        yield f"resident memory after {scale.finished} finished runs", f"{self.megabytes:.0f} MB"


class Bench:
    """One contestant with the app beside it, ready to be measured."""

    def __init__(self, engine: ManagedProcess, *, engine_url: str, app_url: str) -> None:
        self._engine = engine
        self._engine_url = engine_url
        self._app_url = app_url
        self._client = httpx.Client(trust_env=False, timeout=FINISH)

    def sync(self) -> None:
        """Have the app register its functions."""
        self._client.put(f"{self._app_url}/api/inngest").raise_for_status()

    def latencies(self) -> list[float]:
        """Return the seconds from publishing to the first call of the app, run by run, nothing else going on."""
        published = []
        for _ in range(LATENCIES):
            published.append(time.time())
            self._publish("bench/plain", 1)
            self._finished(len(published))
        arrivals: list[float] = self._client.get(f"{self._app_url}/arrivals").json()
        return [arrival - start for start, arrival in zip(published, arrivals, strict=True)]

    def runs_per_second(self, backlog: int) -> float:
        """Return how many runs of two steps are finished in a second while there is more to do."""
        before, start = self._finished(), time.monotonic()
        self._publish("bench/steps", backlog)
        self._finished(before + backlog)
        return backlog / (time.monotonic() - start)

    def megabytes(self, finished: int) -> float:
        """Return the resident memory of the engine when that many runs have finished."""
        done = self._finished()
        while done < finished:
            self._publish("bench/plain", min(finished - done, BATCH))
            done = self._finished(min(finished, done + BATCH))
        kilobytes = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self._engine.pid)], capture_output=True, check=True, text=True
        ).stdout
        return int(kilobytes) / 1024

    def close(self) -> None:
        self._client.close()

    def _publish(self, name: str, count: int) -> None:
        for start in range(0, count, BATCH):
            events = [{"name": name, "data": {}}] * min(BATCH, count - start)
            self._client.post(f"{self._engine_url}/e/local", json=events).raise_for_status()

    def _finished(self, at_least: int = 0) -> int:
        answer = self._client.get(f"{self._app_url}/finished", params={"at_least": at_least})
        return int(answer.raise_for_status().text)


class Hall:
    """Where contestants are started and ended."""

    def __init__(self, logs: Path, reaper: Reaper) -> None:
        self._logs = logs
        self._reaper = reaper

    def start_up(self, contestant: Contestant) -> float:
        """Return the seconds that a contestant needs from its start until it answers."""
        started = time.monotonic()
        with self._running(contestant.name, *contestant.command, *FLAGS, port=free_port(), health="/health"):
            return time.monotonic() - started

    @contextmanager
    def prepared(self, contestant: Contestant) -> Iterator[Bench]:
        """Run a contestant and the app, and yield them ready to be measured."""
        engine_port, app_port = free_port(), free_port()
        urls = {"engine_url": f"http://127.0.0.1:{engine_port}", "app_url": f"http://127.0.0.1:{app_port}"}
        app = (sys.executable, "-m", "bench.app", "--engine", urls["engine_url"])
        engine_command = (*contestant.command, *FLAGS)
        with ExitStack() as stack:
            engine = stack.enter_context(
                self._running(contestant.name, *engine_command, port=engine_port, health="/health")
            )
            stack.enter_context(self._running("app", *app, port=app_port, health="/finished"))
            bench = Bench(engine, **urls)
            stack.callback(bench.close)
            bench.sync()
            yield bench

    @contextmanager
    def _running(self, name: str, *command: str, port: int, health: str) -> Iterator[ManagedProcess]:
        process = ManagedProcess.start(
            name,
            [*command, "--port", str(port)],
            env={"HOME": str(self._logs)},
            log_path=self._logs / f"{name}.log",
            reaper=self._reaper,
            cwd=ROOT,
        )
        try:
            with closing(Http(name, f"http://127.0.0.1:{port}")) as http:
                process.wait_until_ready(lambda: http.answers(health) or None, within=START)
            yield process
        finally:
            process.stop()


def measure(hall: Hall, contestant: Contestant, scale: Scale) -> Figures:
    """Measure everything of one contestant."""
    start_up = median(hall.start_up(contestant) for _ in range(STARTS))
    with hall.prepared(contestant) as bench:
        *_, p95 = quantiles(latencies := bench.latencies(), n=20)
        return Figures(
            start_up=start_up,
            p50=median(latencies),
            p95=p95,
            runs_per_second=bench.runs_per_second(scale.backlog),
            megabytes=bench.megabytes(scale.finished),
        )


def contestants(inngest_bin: str | None) -> Iterator[Contestant]:
    """Yield the embedded engine, and the executable beside it if there is one."""
    yield Contestant(name="embedded", command=(sys.executable, "-m", "embedded_inngest", "dev"))
    if inngest_bin:
        yield Contestant(name="inngest", command=(inngest_bin, "dev"))


def table(measured: dict[str, Figures], scale: Scale) -> Iterable[str]:
    """Return the lines of the table: a row for each thing measured, a column for each contestant."""
    columns = [dict(figures.rows(scale)) for figures in measured.values()]
    yield f"{'':<56}" + "".join(f"{name:>12}" for name in measured)
    for row in columns[0]:
        yield f"{row:<56}" + "".join(f"{column[row]:>12}" for column in columns)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backlog", type=int, default=1000, help="events of the backlog")
    parser.add_argument("--finished", type=int, default=10_000, help="finished runs whose memory is looked at")
    scale = Scale(**vars(parser.parse_args()))
    with tempfile.TemporaryDirectory() as logs, Reaper() as reaper:
        hall = Hall(Path(logs), reaper)
        chosen = contestants(settings.from_environment().inngest_bin)
        measured = {contestant.name: measure(hall, contestant, scale) for contestant in chosen}
    for line in table(measured, scale):
        print(line)


if __name__ == "__main__":
    main()
