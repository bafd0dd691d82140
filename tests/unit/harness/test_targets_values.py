"""The values of a target's file: each may be what it means, and nothing else."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import UsageError
from tests.unit.harness.target_files import COMMAND, ENVIRONMENT, EXTERNAL, REFERENCE, read, refusal, whole

ANY_VALUE = st.sampled_from(
    [
        "true",
        "false",
        "0",
        "-1",
        "7",
        "0x" + "f" * 5000,
        "0.5",
        "inf",
        "nan",
        '""',
        '" "',
        '"text"',
        '"a\\nb"',
        '"http://u:in%20url@h"',
        "[]",
        '["x"]',
        "[1]",
        "[[]]",
        "{}",
        '{ x = "y" }',
        "{ x = 1 }",
        "1979-05-27",
        "07:32:00",
        "1979-05-27T07:32:00Z",
    ]
)


def _assignments(text: str) -> list[tuple[int, str]]:
    """Return the lines of a file that give a key its value, by number, with the key."""
    numbered = enumerate(text.splitlines(), start=1)
    return [(number, line.partition(" = ")[0]) for number, line in numbered if re.match(r"[\w.]+ = ", line)]


WHOLE = whole()
STARTED = (
    COMMAND
    + 'directory = "."\nenvironment = { A = "b" }\nhealth = "/h"\nserve = "/s"\nschema = "ours.toml"\n\n'
    + '[kernel]\ncommand = ["x"]\ndirectory = "."\nenvironment = { A = "b" }\nhealth = "/h"\n'
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_value_at_any_key_makes_more_than_a_refusal(tmp_path: Path, data: st.DataObject) -> None:
    """Whatever value stands at whatever key, the file is read, or refused in three lines that tell a line of it."""
    text = data.draw(st.sampled_from([WHOLE, STARTED]))
    number, key = data.draw(st.sampled_from(_assignments(text)))
    lines = text.splitlines()
    lines[number - 1] = f"{key} = {data.draw(ANY_VALUE)}"

    said = _refusal_or_none(tmp_path, "\n".join(lines))

    assert [line.partition(":")[0] for line in said.splitlines()] in ([], ["Expected", "Seen", "Next"])
    assert not said or "ours.toml, line " in said
    assert "in%20url" not in said


def _refusal_or_none(folder: Path, text: str) -> str:
    try:
        read(folder, text, **ENVIRONMENT)
    except UsageError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("text", [WHOLE, STARTED], ids=["external", "command"])
def test_wrong_type_is_refused_at_its_line(tmp_path: Path, text: str) -> None:
    """A date, which no key takes, is refused at every key, on the line on which it stands."""
    for number, key in _assignments(text):
        lines = text.splitlines()
        lines[number - 1] = f"{key} = 1979-05-27"

        assert f"ours.toml, line {number}: " in refusal(tmp_path, "\n".join(lines), **ENVIRONMENT)[1]


def test_tables_are_no_values_and_values_no_tables(tmp_path: Path) -> None:
    """A value where a table belongs, and a list of tables, are refused as what they are."""
    number = refusal(tmp_path, 'app = 7\nkind = "reference"')[1]
    several = refusal(tmp_path, REFERENCE + '[[app]]\nid = "x"')[1]

    assert number.endswith("line 1: app is a number.")
    assert several.endswith("line 2: app is a list.")


@pytest.mark.parametrize(
    "value",
    [
        "127.0.0.1:3000",
        "ftp://host",
        "http://",
        "http://:3000",
        "http://host:99999",
        "http://host:0",
        "http://host:port",
        "http://host/?q=1",
        "http://host/#top",
        "http://ho st",
        "http://host\\path",
        "http://[::1",
        "http://-host",
        "http://user@host",
        "http://user:password@host",
    ],
)
def test_what_is_no_address_is_refused(tmp_path: Path, value: str) -> None:
    """An address has a scheme, a host and a legal port, and neither credentials nor query."""
    text = EXTERNAL.replace("http://127.0.0.1:3000", value.replace("\\", "\\\\"))

    seen = refusal(tmp_path, text)[1]

    assert "line 4: dispatcher.url" in seen
    assert "password" not in seen


@pytest.mark.parametrize("value", ["http://a", "HTTPS://a.example:443/base", "http://[::1]:3000", "http://my_app:80"])
def test_address_is_read_without_the_slash_at_its_end(tmp_path: Path, value: str) -> None:
    """Names, IPv4 and IPv6, ports and base paths are addresses; a slash at the end makes no difference."""
    target = read(tmp_path, EXTERNAL.replace("http://127.0.0.1:3000", f"{value}/"))

    assert target.dispatcher.url == value


@pytest.mark.parametrize(
    "line",
    [
        "[timeouts]\nattempt = 0",
        "[timeouts]\nattempt = true",
        "[timeouts]\nattempt = inf",
        "[timeouts]\nscale = nan",
        "[timeouts]\nscale = -0.5",
        "[receiver]\nport = 65536",
        "[receiver]\nport = -1",
        "[receiver]\nport = 80.0",
        "[receiver]\nport = false",
        '[receiver]\nport = "80"',
        '[receiver]\nhost = "http://me"',
        '[receiver]\nhost = "me:80"',
        '[receiver]\nlisten = "256.1.1.1/8"',
        '[dispatcher]\nhealth = "health"',
        '[dispatcher]\nserve = "/api inngest"',
        '[app]\nid = "beema studio"',
        '[app]\nid = ""',
        '[signature]\nheader = "X Signature"',
        '[signature]\nheader = "X-Signature:"',
        '[signature]\nencoding = "Hex"',
        '[signature]\nprefix = "a\\nb"',
        '[tables.webhooks]\nname = "a.b.c"',
        '[tables.webhooks]\nname = "hooks; DROP TABLE x"',
        '[tables.webhooks]\ncolumns = { url = "a b" }',
        "[tables.webhooks]\ncolumns = { last_status = true }",
        "[tables.deliveries]\ncolumns = { status = false }",
        '[absent]\nkernel = ""',
        "[absent]\nkernel = true",
        '[waived]\nREG-04 = " "',
    ],
)
def test_illegal_value_is_refused(tmp_path: Path, line: str) -> None:
    """What a key can't mean is refused on its line."""
    text = 'kind = "command"\ndispatcher.command = ["x"]\n' if "[receiver]" in line else REFERENCE

    assert f"line {text.count(chr(10)) + 2}: " in refusal(tmp_path, f"{text}{line}")[1]


@pytest.mark.parametrize(
    "line", ["command = []", 'command = [""]', "command = [1]", 'schema = "no.sql"', 'directory = "ours.toml"']
)
def test_what_can_not_be_started_is_refused(tmp_path: Path, line: str) -> None:
    """A command has words, and the file and the folder that it names exist."""
    text = COMMAND if "command" not in line else 'kind = "command"\n\n\n[dispatcher]\n'

    assert "line 5: " in refusal(tmp_path, text + line)[1]


def test_prefix_may_be_empty(tmp_path: Path) -> None:
    """A signature may stand in its header without a prefix."""
    assert read(tmp_path, REFERENCE + '[signature]\nprefix = ""').signature.prefix == ""


def test_table_may_have_a_schema(tmp_path: Path) -> None:
    """A table is found in the schema that its name gives."""
    assert read(tmp_path, REFERENCE + '[tables.webhooks]\nname = "studio.hooks"').webhooks.name == "studio.hooks"
