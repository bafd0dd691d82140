"""A target is read into what it says, with the contract's defaults; a slip is refused with line and nearest name."""

import dataclasses
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.targets import DELIVERY_COLUMNS, WEBHOOK_COLUMNS, Command, Migration, ReceiverAddress, Target
from harness.targets.reader import load
from tests.unit.harness.target_files import COMMAND, ENVIRONMENT, EXTERNAL, REFERENCE, read, refusal, whole

EVERYWHERE = "0.0.0.0"  # noqa: S104 - it is read here, not bound


def test_kind_alone_is_a_target(tmp_path: Path) -> None:
    """A file that says only its kind is a target with every default."""
    assert read(tmp_path, REFERENCE) == Target(name="ours", kind="reference", folder=tmp_path)


def test_path_is_told_by_its_slash_or_its_ending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target is found by its path from here, which need not be in the folder of targets."""
    (tmp_path / "theirs.toml").write_text(REFERENCE)
    monkeypatch.chdir(tmp_path)

    assert load("theirs.toml", environment={}) == load("./theirs.toml", environment={})
    assert load("theirs.toml", environment={}).folder == tmp_path


def test_unknown_target_is_refused_with_the_nearest(tmp_path: Path) -> None:
    """A name without a file is refused with those that there are, and the nearest."""
    for name in ("compose", "reference"):
        (tmp_path / f"{name}.toml").touch()

    with pytest.raises(UsageError) as refused:
        load("compos", environment={}, folder=tmp_path)

    assert str(refused.value).splitlines() == [
        "Expected: TARGET to be one of: compose, reference; or the path of a .toml file.",
        "Seen: TARGET='compos' is not a target.",
        "Next: did you mean 'compose'? docs/targets.md says how to describe your own.",
    ]


def test_running_target_is_read_whole(tmp_path: Path) -> None:
    """Every key of a running target arrives where the suite looks for it."""
    target = read(tmp_path, whole().replace('last_status = "last_status"', "last_status = false"), **ENVIRONMENT)

    assert target.app.slug == "beema-studio-webhook-dispatcher"
    assert (target.dispatcher.url, target.kernel.url) == (
        "https://studio.staging.example.com",
        "https://kernel.staging.example.com",
    )
    assert target.receiver == ReceiverAddress(listen=EVERYWHERE, host="runner.staging.example.com", port=8099)
    assert (target.timeouts.attempt, target.timeouts.scale) == (10.0, 2.0)
    assert target.webhooks.column("last_status") is None
    assert target.lacks == {"status_columns": "sys_webhooks has no last_status"}
    assert target.control["inngest"].clear == ("ssh", "staging", "rm -rf /var/lib/inngest")


def test_started_target_is_read_whole(tmp_path: Path) -> None:
    """Commands run in the folder of the file unless it names another, with their own variables."""
    (tmp_path / "app").mkdir()
    text = COMMAND + 'directory = "app"\nenvironment = { LOG = "1" }\nmigrate = ["npm", "run", "migrate"]\n'

    target = read(tmp_path, text + '[kernel]\ncommand = ["./kernel"]\n')

    server = Command(arguments=("node", "server.js"), directory=tmp_path / "app", environment={"LOG": "1"})
    assert target.dispatcher.command == server
    assert target.migration == Migration(command=dataclasses.replace(server, arguments=("npm", "run", "migrate")))
    assert target.kernel.command == Command(arguments=("./kernel",), directory=tmp_path)


def test_absent_and_waived_keep_their_reasons(tmp_path: Path) -> None:
    """What a target lacks, and what its owner does without, come with the reasons that the file gives."""
    text = EXTERNAL.replace('[kernel]\nurl = "http://127.0.0.1:8080"\n', "")

    target = read(tmp_path, text + '[absent]\nkernel = "none"\n[waived]\nREG-04 = "shared"\n')

    assert (target.absent, target.waived) == ({"kernel": "none"}, {"REG-04": "shared"})


def test_unknown_key_is_refused_with_the_nearest(tmp_path: Path) -> None:
    """A mistyped key is refused in three lines, with its line, the keys that exist and the nearest."""
    assert refusal(tmp_path, EXTERNAL.replace("url", "ulr", 1)) == [
        "keys that exist in [dispatcher]: url, health, serve.",
        f"{tmp_path.name}/ours.toml, line 4: dispatcher.ulr is none.",
        "did you mean 'url'? docs/targets.md explains every key.",
    ]


def test_key_of_another_table_is_shown_its_place(tmp_path: Path) -> None:
    """A key that stands in the wrong table is told the right one."""
    text = EXTERNAL.replace("[kernel]", 'event_key_env = "KEY"\n\n[kernel]')

    assert refusal(tmp_path, text)[2].startswith("did you mean 'inngest.event_key_env'?")


@pytest.mark.parametrize(
    ("text", "line", "key", "kinds"),
    [
        (REFERENCE + '[dispatcher]\nurl = "http://x"\n', 3, "dispatcher.url", '"external"'),
        (REFERENCE + '[dispatcher]\ncommand = ["x"]\n', 3, "dispatcher.command", '"command"'),
        (REFERENCE + "[inngest]\n", 2, "inngest", '"external"'),
        (REFERENCE + "[receiver]\nport = 1\n", 2, "receiver", '"command" and kind "external"'),
        (COMMAND + 'url = "http://x"\n', 5, "dispatcher.url", '"external"'),
        (COMMAND + '[database]\ndsn = "x"\n', 5, "database", '"external"'),
        (COMMAND + '[control.inngest]\nstop = ["x"]\n', 5, "control", '"external"'),
        (EXTERNAL.replace("\n[kernel]", 'schema = "x"\n\n[kernel]'), 5, "dispatcher.schema", '"command"'),
    ],
)
def test_key_of_another_kind_is_refused(tmp_path: Path, text: str, line: int, key: str, kinds: str) -> None:
    """A key that another kind of target has is refused with that kind."""
    seen = refusal(tmp_path, text)[1]

    assert f"line {line}: {key} " in seen
    assert seen.endswith(f"belongs to kind {kinds}.")


@pytest.mark.parametrize(
    ("text", "line", "missing"),
    [
        ("", 1, "no kind"),
        ("[app]\n", 1, "no kind"),
        ('kind = "command"\n', 1, "dispatcher.command is missing"),
        (EXTERNAL.replace("url", "#url", 1), 3, "dispatcher.url is missing"),
        (EXTERNAL.replace('url = "http://127.0.0.1:8080"', ""), 6, "kernel.url is missing"),
        (EXTERNAL.replace('url = "http://127.0.0.1:8288"', ""), 9, "inngest.url is missing"),
        (EXTERNAL.replace("dsn", "#dsn"), 12, "database.dsn is missing"),
        (EXTERNAL.partition("[database]")[0], 1, "database.dsn is missing"),
        (EXTERNAL + '[control.inngest]\nstop = ["x"]\n', 14, "control.inngest.start is missing"),
        (EXTERNAL + '[receiver]\nlisten = "0.0.0.0"\n', 14, "receiver.host is missing"),
        (COMMAND + '[kernel]\nenvironment = { A = "1" }\n', 5, "kernel.command is missing"),
    ],
)
def test_missing_key_is_refused(tmp_path: Path, text: str, line: int, missing: str) -> None:
    """A key that the file needs is asked for where it should stand."""
    assert refusal(tmp_path, text)[1].endswith(f"ours.toml, line {line}: {missing}.")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (COMMAND + 'schema = "ours.toml"\nmigrate = ["x"]\n', "line 6: dispatcher.migrate beside dispatcher.schema."),
        (EXTERNAL + '[absent]\nkernel = "none"\n', "line 6: [kernel] beside absent.kernel."),
        (COMMAND + 'environment = { PORT = "1" }\n', "line 5: dispatcher.environment.PORT is set by the suite."),
        (
            REFERENCE + '[headers]\nevent = "x-beema-signature"\n',
            "line 3: both signature.header and headers.event are 'x-beema-signature'.",
        ),
        (
            REFERENCE + '[signature]\nheader = "X-Beema-Event"\n',
            "line 3: both signature.header and headers.event are 'X-Beema-Event'.",
        ),
        (
            REFERENCE + '[tables.webhooks]\ncolumns = { url = "secret" }\n',
            "line 3: both url and secret are called 'secret'.",
        ),
    ],
)
def test_contradiction_is_refused(tmp_path: Path, text: str, seen: str) -> None:
    """Keys that exclude each other are refused together."""
    assert refusal(tmp_path, text)[1].endswith(seen)


@pytest.mark.parametrize(
    ("table", "nearest"),
    [
        ('[waived]\nREG-44 = "x"', "did you mean 'REG-04'?"),
        ('[absent]\nkernal = "x"', "did you mean 'kernel'?"),
        ('[tables.webhooks]\ncolumns = { webhookid = "id" }', "did you mean 'webhook_id'?"),
        ('[tables.deliveries]\ncolumns = { last_status = "x" }', "did you mean 'status'?"),
        ("[timeouts]\nattempts = 1", "did you mean 'attempt'?"),
    ],
)
def test_name_that_does_not_exist_is_refused_with_the_nearest(tmp_path: Path, table: str, nearest: str) -> None:
    """Requirements, parts, columns and keys that nobody knows are refused with the nearest that there is."""
    _, seen, advice = refusal(tmp_path, REFERENCE + table)

    assert f"line {2 + table.count(chr(10))}: " in seen
    assert advice.startswith(nearest)


@pytest.mark.parametrize("column", ["created_by", "webhook_id", "secret"])
def test_column_that_everything_needs_can_not_be_missing(tmp_path: Path, column: str) -> None:
    """Only the delivery status and the times of a webhook may be declared missing."""
    seen = refusal(tmp_path, REFERENCE + f"[tables.webhooks]\ncolumns = {{ {column} = false }}")[1]

    assert seen.endswith(f"{column} = false, but without it nothing can be judged.")


def test_columns_are_those_of_the_contract() -> None:
    """The columns that a target may rename are those that the contract's page names."""
    page = (Path(__file__).parents[3] / "docs" / "contract.md").read_text()
    tables = page[page.index("- **`sys_webhooks`**") : page.index("- **The request**")]

    assert [column for column in (*WEBHOOK_COLUMNS, *DELIVERY_COLUMNS) if column not in tables] == []


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("kind = external\n", "line 1: Invalid value"),
        ('kind = "external"\n\n[app\n', "line 3: Expected ']' at the end of a table declaration"),
        ('kind = "a"\nkind = "b"\n', "line 2: Cannot overwrite a value"),
        ('kind = """', "line 1: Unterminated string"),
    ],
)
def test_syntax_error_is_refused_with_its_line(tmp_path: Path, text: str, seen: str) -> None:
    """What is no TOML is refused with the line that the parser gives."""
    assert seen in refusal(tmp_path, text)[1]


def test_mark_of_utf8_is_no_part_of_the_file(tmp_path: Path) -> None:
    """A file that an editor began with a byte-order mark is read as if it had none."""
    assert read(tmp_path, f"\ufeff{REFERENCE}").kind == "reference"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = 1\n" + b"a = " + b"[" * 5000, b"port = " + b"9" * 5000])
def test_file_that_is_hardly_one_is_refused(tmp_path: Path, content: bytes) -> None:
    """Bytes that are no text, lists without end and numbers without end are refused like any other slip."""
    (tmp_path / "ours.toml").write_bytes(content)

    with pytest.raises(UsageError, match=r"ours\.toml"):
        load("ours", environment={}, folder=tmp_path)


@pytest.mark.parametrize("path", ["no/such/file.toml", "/", "nul\0.toml"])
def test_path_without_a_file_is_refused(path: str) -> None:
    """A path that leads to no file is refused with the system's reason."""
    with pytest.raises(UsageError, match="Seen: "):
        load(path, environment={})
