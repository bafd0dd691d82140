"""Leaks: a secret is found in whatever spelling, its place is named, and it is not repeated."""

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from harness.addresses import Addresses
from harness.errors import Inconclusive, SetupError, UnmetError
from harness.judges.leaks import Place, in_logs, in_requests, require_none
from harness.logs import read_logs
from harness.receiver.attempts import Attempt
from harness.targets import Target

SECRET = "secret-0123456789abcdef"
TARGET = Target(name="ours", kind="external", folder=Path())
PLACES = dict.fromkeys(("engine", "dispatcher", "kernel", "dsn", "logs", "event_key", "app", "function", "serve"), "")
SECRETS = {"the secret of webhook 7": SECRET}


@pytest.mark.parametrize(
    "text",
    [
        f'{{"rows": [{{"secret": "{SECRET}"}}]}}',
        base64.b64encode(f"{SECRET}:password".encode()).decode(),
        SECRET.encode().hex(),
    ],
)
def test_secret_is_found_and_not_repeated(text: str) -> None:
    """A secret is found as it is, in base64 and in hex, and the failure names place and owner alone."""
    places = [
        Place(name="the body of a request", hop="delivered", text="nothing"),
        Place(name="the output of step 'match'", hop="run started", text=text),
    ]

    with pytest.raises(UnmetError) as caught:
        require_none(SECRETS, places)

    assert caught.value.hop == "run started"
    assert "the secret of webhook 7" in caught.value.seen
    assert "in the output of step 'match'" in caught.value.seen
    assert SECRET not in str(caught.value)


def test_text_without_the_secret_passes() -> None:
    """A beginning of a secret, or another one, is no leak."""
    places = [Place(name="a log", hop="delivered", text=f"{SECRET[:-1]} {SECRET[:-1]}0")]

    require_none(SECRETS, places)


@pytest.mark.parametrize(
    ("target", "headers", "body"),
    [
        (f"/path?key={SECRET}", (), b"{}"),
        ("/path", (("X-Key", SECRET),), b"{}"),
        ("/path", (), f'{{"secret": "{SECRET}"}}'.encode()),
    ],
)
def test_whole_request_is_searched(target: str, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
    """A secret is found in the target, the headers and the body of a request."""
    attempt = Attempt(number=1, at=0.0, monotonic=0.0, method="POST", target=target, headers=headers, body=body)

    with pytest.raises(UnmetError):
        require_none(SECRETS, in_requests([attempt]))


def test_every_log_is_searched(tmp_path: Path) -> None:
    """A secret is found in any log of the folder, between bytes that are no text too."""
    (tmp_path / "engine.log").write_text("fine\n")
    (tmp_path / "dispatcher.log").write_bytes(b"\xff\xfe " + SECRET.encode())
    addresses = Addresses(**PLACES | {"logs": str(tmp_path)})

    with pytest.raises(UnmetError, match=r"in dispatcher\.log"):
        require_none(SECRETS, in_logs(read_logs(addresses, TARGET)))


def test_logs_of_a_running_platform_are_what_its_command_prints() -> None:
    """Whoever runs a platform says how to read its logs, and a command that fails is told as such."""
    addresses = Addresses(**PLACES)
    printing = replace(TARGET, logs=["echo", SECRET])

    with pytest.raises(UnmetError, match="in `echo"):
        require_none(SECRETS, in_logs(read_logs(addresses, printing)))
    with pytest.raises(SetupError, match="`false` to succeed"):
        read_logs(addresses, replace(TARGET, logs=["false"]))


@pytest.mark.parametrize("logs", [{}, {"engine.log": ""}])
def test_missing_logs_are_no_proof(logs: dict[str, str]) -> None:
    """Where there is no log to read, or nothing in it, nothing is said about it."""
    with pytest.raises(Inconclusive):
        require_none(SECRETS, in_logs(logs))
