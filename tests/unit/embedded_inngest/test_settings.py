"""The environment of the engine, which stands for its flags as that of the real server does."""

from pathlib import Path
from typing import Any

import pytest

from embedded_inngest import cli
from embedded_inngest.errors import StartError
from embedded_inngest.flags import FLAGS
from embedded_inngest.settings import log_level, variables
from tests.unit.embedded_inngest.signed import SIGNING_KEY

READ: dict[str, tuple[str, str, Any]] = {
    "a list": ("INNGEST_SDK_URL", "http://a,http://b", {"sdk-url": ["http://a", "http://b"]}),
    "a list of one": ("INNGEST_EVENT_KEY", "one", {"event-key": ["one"]}),
    "an empty list": ("INNGEST_EVENT_KEY", "", {"event-key": [""]}),
    "a list with spaces": ("INNGEST_EVENT_KEY", "one, two", {"event-key": ["one", " two"]}),
    "text": ("INNGEST_SIGNING_KEY", "abcd", {"signing-key": "abcd"}),
    "empty text": ("INNGEST_HOST", "", {"host": None}),
    "a number": ("INNGEST_PORT", "8289", {"port": 8289}),
    "an empty number": ("INNGEST_POLL_INTERVAL", "", {"poll-interval": 0}),
    "true": ("INNGEST_NO_DISCOVERY", "T", {"no-discovery": True}),
    "false": ("INNGEST_NO_POLL", "False", {"no-poll": False}),
    "an empty switch": ("INNGEST_NO_UI", "", {"no-ui": False}),
    "a name that is no flag": ("INNGEST_DEV", "1", {}),
}

UNREADABLE = {
    "INNGEST_PORT": "tcp://10.0.0.1:8288",
    "INNGEST_POLL_INTERVAL": "soon",
    "INNGEST_RETRY_INTERVAL": "0.5",
    "INNGEST_TICK": "1_000",
    "INNGEST_QUEUE_WORKERS": " 5",
    "INNGEST_NO_POLL": "yes",
    "INNGEST_COMPAT": "0.30",
}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what our own environment says of flags out of the tests."""
    for flag in FLAGS:
        monkeypatch.delenv(flag.variable, raising=False)


@pytest.mark.parametrize("case", READ)
def test_a_variable_stands_for_its_flag(case: str) -> None:
    """A variable is read as the real server reads it: lists at their commas and untrimmed, empty numbers as zero."""
    name, value, read = READ[case]

    assert variables({name: value}) == read


@pytest.mark.parametrize("name", UNREADABLE)
@pytest.mark.parametrize("command", ["dev", "start"])
def test_an_unreadable_variable_ends_the_start(
    command: str, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A number or a switch that is none ends the start with code 1 and one line, whichever command has the flag."""
    monkeypatch.setenv(name, UNREADABLE[name])

    assert cli.main([command]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert all(part in line for part in ("Expected: ", name, "Seen: ", UNREADABLE[name], "Next: "))


@pytest.mark.parametrize("flag", [flag for flag in FLAGS if not flag.imitated], ids=lambda flag: flag.name)
def test_a_variable_that_is_not_imitated_is_refused(
    flag: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What would make the real server keep its state elsewhere is refused by its name, and its value is not shown."""
    monkeypatch.setenv(flag.variable, "1")

    assert cli.main([min(flag.commands), "--log-level", "error"]) == 1
    said = capsys.readouterr().err
    assert flag.variable in said
    assert "'1'" not in said


def test_a_variable_of_the_other_command_is_not_refused() -> None:
    """`dev` has no Redis, so it does not mind being told of one."""
    assert variables({"INNGEST_REDIS_URI": "redis://x"}) == {"redis-uri": "redis://x"}
    assert "dev" not in next(flag for flag in FLAGS if flag.name == "redis-uri").commands


REFUSED_KEYS = {
    "no signing key": ({"INNGEST_EVENT_KEY": "k"}, "Error: signing-key is required"),
    "a signing key that is no hex": (
        {"INNGEST_SIGNING_KEY": "test-signing-key"},
        "Error: signing-key must be valid hex string: encoding/hex: invalid byte: U+0074 't'",
    ),
    "no event key": ({"INNGEST_SIGNING_KEY": SIGNING_KEY}, "Error: at least one event-key is required"),
}


@pytest.mark.parametrize("case", REFUSED_KEYS)
def test_the_signed_mode_wants_its_keys(
    case: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`start` without usable keys ends with code 1 and the line of the real server."""
    environment, line = REFUSED_KEYS[case]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert cli.main(["start"]) == 1
    assert capsys.readouterr().err.splitlines() == [line]


def test_the_log_level_of_the_environment_wins() -> None:
    """LOG_LEVEL has no prefix, and is heeded if it says anything."""
    assert log_level({"LOG_LEVEL": "debug"}) == "debug"
    assert log_level({"LOG_LEVEL": "", "INNGEST_LOG_LEVEL": "debug"}) is None


def test_the_readme_tells_of_every_flag() -> None:
    """A flag that is accepted or refused appears in the README of the engine."""
    readme = Path(cli.__file__).with_name("README.md").read_text()

    assert [flag.name for flag in FLAGS if f"`--{flag.name}`" not in readme] == []


def test_a_variable_is_unlike_any_other() -> None:
    """Each flag has a variable of its own, made of its name."""
    names = [flag.variable for flag in FLAGS]

    assert len({*names}) == len(names)
    assert "INNGEST_CONNECT_GATEWAY_GRPC_PORT" in names
    with pytest.raises(StartError):
        variables({"INNGEST_CONNECT_GATEWAY_GRPC_PORT": "x"})
