"""The process: it starts without its neighbours, ends when told to, and says in one line what it cannot do."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from harness.waiters import until

NOWHERE = {"DATABASE_URL": "postgresql://127.0.0.1:1/none", "INNGEST_DEV": "1"}
FAULTY = (
    "from dataclasses import replace; from reference_dispatcher.app import Design, run;"
    "from reference_dispatcher.parts import default_parts;"
    "run(Design(parts=lambda settings: replace(default_parts(settings), triggers=('a', 'b'))))"
)


@contextmanager
def started(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run Python with these arguments, and end it."""
    env = {"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(sys.path)} | environment
    with subprocess.Popen([sys.executable, *arguments], env=env, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def answer(port: int, path: str) -> httpx.Response | None:
    """Return what is answered, or None while nobody listens."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False)
    except httpx.ConnectError:
        return None


def test_dispatcher_starts_without_its_neighbours(unused_port: int) -> None:
    """With neither database nor Inngest the dispatcher is up, says so of itself and that its database is not."""
    with started("-m", "reference_dispatcher", "--port", str(unused_port), **NOWHERE):
        health = until(lambda: answer(unused_port, "/api/health"), within=10)
        served = answer(unused_port, "/api/inngest")

    assert health is not None
    assert (health.status_code, health.json()["database"]) == (503, "DOWN")
    assert served is not None
    assert (served.json()["mode"], served.json()["function_count"]) == ("dev", 2)


def test_dispatcher_ends_when_told_to(unused_port: int) -> None:
    """SIGTERM ends it soon, also while its database is away."""
    with started("-m", "reference_dispatcher", "--port", str(unused_port), **NOWHERE) as process:
        until(lambda: answer(unused_port, "/api/inngest"), within=10)
        process.terminate()

        assert process.wait(timeout=3) == -15


def test_dispatcher_with_another_part_is_one_line(unused_port: int) -> None:
    """`run` is the whole main: whoever replaces a part needs nothing else."""
    with started("-c", FAULTY, "--port", str(unused_port), **NOWHERE):
        served = until(lambda: answer(unused_port, "/api/inngest"), within=10)

    assert served is not None
    assert served.json()["function_count"] == 2


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "DATABASE_URL is not the address of a Postgres. Give postgresql://USER@HOST:PORT/DATABASE.\n"),
        (NOWHERE | {"PORT": "x"}, "PORT='x' is not a port. Choose a number from 1 to 65535.\n"),
    ],
    ids=["missing", "bad"],
)
def test_bad_setting_is_one_line_and_code_2(environment: dict[str, str], told: str) -> None:
    """A setting that is missing or wrong ends the process at once, with one line and no traceback."""
    with started("-m", "reference_dispatcher", **environment) as process:
        _, said = process.communicate(timeout=10)

    assert (process.returncode, said) == (2, told)


def test_port_of_somebody_else_ends_the_process(unused_port: int) -> None:
    """A port that is taken is told, and the second process ends with an error."""
    arguments = ("-m", "reference_dispatcher", "--port", str(unused_port))
    with started(*arguments, **NOWHERE):
        until(lambda: answer(unused_port, "/api/inngest"), within=10)
        with started(*arguments, **NOWHERE) as second:
            _, said = second.communicate(timeout=10)

    assert second.returncode == 3
    assert "address already in use" in said
