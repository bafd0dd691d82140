"""Secrets of a target come from the environment alone, and no message shows one."""

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from harness.errors import UsageError
from harness.targets.signing_key import require_signing_key
from harness.targets.vault import read_variables
from tests.unit.harness.target_files import EXTERNAL, read, refusal

KEY = "0123456789abcdef" * 4
REFUSED = "`inngest start` refuses to start with it"
CLOUD = f"{REFUSED}, since it counts the prefix as digits; only Inngest Cloud takes it"
SIGNED = EXTERNAL.replace(
    "[database]", 'mode = "start"\nevent_key_env = "EVENT_KEY"\nsigning_key_env = "SIGNING_KEY"\n\n[database]'
)
WITH_PASSWORD = EXTERNAL + 'password_env = "DB_PASSWORD"\n'
IN_ONE_VARIABLE = EXTERNAL.partition("dsn =")[0] + 'dsn_env = "DB_URL"\n'


def test_password_joins_the_address(tmp_path: Path) -> None:
    """The password that a variable holds becomes part of the database's address, whatever characters it has."""
    target = read(tmp_path, WITH_PASSWORD, DB_PASSWORD="it's @/%:")

    assert conninfo_to_dict(target.dsn)["password"] == "it's @/%:"
    assert target.secrets == {"DB_PASSWORD": "it's @/%:"}


def test_whole_address_may_be_a_secret(tmp_path: Path) -> None:
    """An address in a variable is kept as a secret, and so is its password, as it is and as the address writes it."""
    address = "postgresql://u:p%40ss@h/db"
    target = read(tmp_path, IN_ONE_VARIABLE, DB_URL=address)

    assert target.dsn == address
    assert target.secrets == {"DB_URL": address, "password in DB_URL": "p@ss"}


def test_keys_of_a_signing_inngest_are_read(tmp_path: Path) -> None:
    """An Inngest that signs comes with both keys, which a printed target does not show."""
    target = read(tmp_path, SIGNED, EVENT_KEY="an-event-key", SIGNING_KEY=KEY)

    assert target.inngest is not None
    assert (target.inngest.mode, target.inngest.event_key, target.inngest.signing_key) == ("start", "an-event-key", KEY)
    assert KEY not in repr(target)
    assert "an-event-key" not in repr(target)


def test_public_event_key_is_no_secret(tmp_path: Path) -> None:
    """The key `local`, which every development server takes, is not hidden: it would take `localhost` with it."""
    text = EXTERNAL.replace("[database]", 'event_key_env = "EVENT_KEY"\n\n[database]')

    assert read(tmp_path, text, EVENT_KEY="local").secrets == {}


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ('[database]\npassword = "hunter2"', "name the variable in password_env."),
        ('[database]\ndsn = "postgresql://u:hunter2@h/d"', "name the variable in password_env."),
        ('[database]\ndsn = "host=h dbname=d password=hunter2"', "name the variable in password_env."),
        ('[inngest]\nevent_key = "hunter2"', "name the variable in event_key_env."),
        ('[inngest]\nsigning_key = "hunter2"', "name the variable in signing_key_env."),
        ('[dispatcher]\nurl = "http://u:hunter2@h"', "leave them out: secrets come from the environment."),
        ('[dispatcher]\nurl = "ftp://u:hunter2@h"', 'write it like "http://127.0.0.1:3000".'),
        ('[receiver]\nhost = "u:hunter2@h"', "leave out the scheme, the port and the path."),
        ('[dispatcher]\npassword = "hunter2"', "secrets come from the environment."),
        ('[database]\npassword_env = "hunter2"', 'write the name, such as "BEEMA_DB_PASSWORD"'),
        ('[database]\ndsn = "mysql://u:hunter2@h/d"', 'write it like "postgresql://'),
        ('[database]\ndsn = ["hunter2"]', "write it in quotes."),
        ('[database]\ndsn = """a\nhunter2"""', "write at least one character, all of them visible."),
    ],
)
def test_secret_in_the_file_is_refused_and_not_shown(tmp_path: Path, line: str, advice: str) -> None:
    """A secret that stands in the file is refused on its line, unseen."""
    table, _, assignment = line.partition("\n")
    before, _, after = EXTERNAL.partition(table)

    said = refusal(tmp_path, f"{before}{line}\n#{after.lstrip()}")

    assert "hunter2" not in "".join(said)
    assert f"line {before.count(chr(10)) + 2}: {table[1:-1]}.{assignment.split()[0]}" in said[1]
    assert advice in said[2]


def test_variable_that_is_not_set_is_refused_by_name(tmp_path: Path) -> None:
    """A variable that is missing or empty is named, with the line that names it."""
    expected = [
        "the variable DB_PASSWORD to be set.",
        f"{tmp_path.name}/ours.toml, line 14: database.password_env names DB_PASSWORD, which is not set.",
        "set DB_PASSWORD in the environment, or in a file that environment_file names.",
    ]

    assert refusal(tmp_path, WITH_PASSWORD) == refusal(tmp_path, WITH_PASSWORD, DB_PASSWORD="") == expected


@pytest.mark.parametrize(
    ("text", "environment", "seen"),
    [
        (SIGNED.replace("event_key_env", "#"), {"SIGNING_KEY": KEY}, "line 9: inngest.event_key_env is missing."),
        (SIGNED.replace("signing_key_env", "#"), {"EVENT_KEY": "k"}, "line 9: inngest.signing_key_env is missing."),
        (SIGNED.replace('"start"', '"dev"'), {"EVENT_KEY": "k"}, "line 14: inngest.signing_key_env, but mode = "),
        (IN_ONE_VARIABLE + 'password_env = "P"\n', {}, "line 14: database.password_env beside database.dsn_env."),
        (EXTERNAL + 'dsn_env = "D"\n', {}, "line 13: database.dsn beside database.dsn_env."),
        (
            IN_ONE_VARIABLE,
            {"DB_URL": "mysql://u:secret@h/d"},
            "line 13: database.dsn_env gives none",
        ),
        (EXTERNAL.replace("/beema", ""), {}, "line 13: database.dsn gives none"),
        (EXTERNAL.replace("postgresql:", "jdbc:"), {}, "line 13: database.dsn gives none"),
        (SIGNED, {"EVENT_KEY": "k", "SIGNING_KEY": "xyz"}, "line 14: SIGNING_KEY is not hex: "),
    ],
)
def test_keys_and_addresses_that_do_not_fit_are_refused(
    tmp_path: Path, text: str, environment: dict[str, str], seen: str
) -> None:
    """What the mode of Inngest or the database needs, or has no use for, is refused on its line."""
    assert seen in refusal(tmp_path, text, **environment)[1]


@pytest.mark.parametrize("key", ["ab", "AB12", KEY])
def test_hex_of_even_length_is_a_signing_key(key: str) -> None:
    """A key that `inngest start` takes is returned as it is."""
    assert require_signing_key(key, "SIGNING_KEY") == key


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        ("test-signing-key", f"is not hex: {REFUSED} (the setup guide's `test-signing-key` is not)."),
        ("hunter2-", f"is not hex: {REFUSED}."),
        ("", f"is not hex: {REFUSED}."),
        ("0badcafe\n", f"is not hex: {REFUSED}."),
        ("abc", f"has an odd number of digits: {REFUSED}."),
        ("signkey-prod-0badcafe", f"begins with `signkey-prod-`: {CLOUD}."),
    ],
)
def test_what_inngest_does_not_start_with_is_refused(key: str, fault: str) -> None:
    """A key that is no hex, an odd one and a prefixed one are refused with the reason; only the example is shown."""
    with pytest.raises(UsageError) as refused:
        require_signing_key(key, "SIGNING_KEY")

    assert refused.value.seen == f"SIGNING_KEY {fault}"
    assert refused.value.expected.endswith("as `openssl rand -hex 32` makes.")


def test_environment_wins_over_the_file_of_variables(tmp_path: Path) -> None:
    """A variable is looked up in the environment, and then in the file that the target names."""
    (tmp_path / ".env").write_text("DB_PASSWORD=file\n")
    text = f'environment_file = ".env"\n{WITH_PASSWORD}'

    assert read(tmp_path, text).secrets == {"DB_PASSWORD": "file"}
    assert read(tmp_path, text, DB_PASSWORD="ours").secrets == {"DB_PASSWORD": "ours"}


def test_file_of_variables_may_be_missing_until_it_is_needed(tmp_path: Path) -> None:
    """A missing file does no harm to who has the variables, and is named to who has not."""
    text = f'environment_file = ".env"\n{WITH_PASSWORD}'

    assert read(tmp_path, text, DB_PASSWORD="ours").secrets == {"DB_PASSWORD": "ours"}
    assert refusal(tmp_path, text)[1].endswith("neither in the environment nor in .env (there is no such file).")


def test_variables_are_read_as_compose_reads_them(tmp_path: Path) -> None:
    """Comments, quotes, `export` and empty values are read; a `#` inside a value belongs to it."""
    (tmp_path / ".env").write_text(
        "# comment\n\nPLAIN=a=b#c  # comment\nexport EXPORTED = x\nEMPTY=\nONLY_COMMENT= # none\n"
        "SINGLE='a # b' # comment\nDOUBLE=\"it's\"\nSPACES=two words \n"
    )

    assert read_variables(tmp_path / ".env") == {
        "PLAIN": "a=b#c",
        "EXPORTED": "x",
        "EMPTY": "",
        "ONLY_COMMENT": "",
        "SINGLE": "a # b",
        "DOUBLE": "it's",
        "SPACES": "two words",
    }


@pytest.mark.parametrize(
    ("content", "seen"), [(b"A=1\nhunter2\n", ".env, line 2 is none."), (b"A=\xff", ".env: it is not UTF-8.")]
)
def test_file_that_holds_no_variables_is_refused(tmp_path: Path, content: bytes, seen: str) -> None:
    """A line that is none is refused by its number: what is in it may be a secret."""
    (tmp_path / ".env").write_bytes(content)

    with pytest.raises(UsageError) as refused:
        read_variables(tmp_path / ".env")

    assert refused.value.seen == seen
