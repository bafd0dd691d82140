"""Settings are read once, and a wrong one is refused with the legal values."""

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.settings import Settings, from_environment


def test_defaults_need_no_environment() -> None:
    """An empty environment gives the defaults."""
    assert from_environment({}) == Settings()


def test_environment_is_read_as_what_it_means() -> None:
    """A value of each kind is read: a choice, a port, a switch, a factor, a folder."""
    environment = {
        "ENGINE": "embedded",
        "ENGINE_PORT": "8288",
        "KEEP_GOING": "1",
        "WAIT_SCALE": "2.5",
        "ARTIFACTS": "out",
        "HOME": "/root",
    }

    assert from_environment(environment) == Settings(
        engine="embedded", engine_port=8288, keep_going=True, wait_scale=2.5, artifacts=Path("out")
    )


def test_unknown_engine_is_refused_with_the_nearest() -> None:
    """A mistyped engine is refused in three lines that list the legal ones and the nearest."""
    with pytest.raises(UsageError) as refused:
        from_environment({"ENGINE": "embeded"})

    assert str(refused.value).splitlines() == [
        "Expected: ENGINE to be one of: auto, docker, binary, embedded.",
        "Seen: ENGINE='embeded' is not an engine.",
        "Next: did you mean 'embedded'? set ENGINE to one of them.",
    ]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("STAGE", "12"),
        ("STAGE", "delivry"),
        ("DATABASE", "sqlite"),
        ("ENGINE_PORT", "eighty"),
        ("ENGINE_PORT", "65536"),
        ("WAIT_SCALE", "0"),
        ("WAIT_SCALE", "nan"),
        ("WAIT_SCALE", "inf"),
        ("KEEP_GOING", "maybe"),
    ],
)
def test_illegal_value_is_refused(setting: str, value: str) -> None:
    """Every setting refuses what it can't mean, and names itself."""
    with pytest.raises(UsageError, match=f"{setting}='{value}'"):
        from_environment({setting: value})


@pytest.mark.parametrize(("value", "number"), [("", None), ("4", 4), ("matching", 4), ("records", 8)])
def test_stage_is_named_by_number_or_word(value: str, number: int | None) -> None:
    """A stage can be asked for by number or by name."""
    assert from_environment({"STAGE": value}).only_stage == number


def test_slow_target_and_slow_machine_add_up() -> None:
    """A deadline is longer by what the user says of the machine and by what the target says of itself."""
    assert Settings(wait_scale=2.0).slowed(3.0).within(5.0) == 30.0
