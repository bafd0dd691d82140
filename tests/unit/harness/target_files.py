"""Files of targets for tests: the smallest of each kind, and one with every key of a running target."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.targets import Target
from harness.targets.reader import FOLDER, load

REFERENCE = 'kind = "reference"\n'
COMMAND = 'kind = "command"\n\n[dispatcher]\ncommand = ["node", "server.js"]\n'
EXTERNAL = """kind = "external"

[dispatcher]
url = "http://127.0.0.1:3000"

[kernel]
url = "http://127.0.0.1:8080"

[inngest]
url = "http://127.0.0.1:8288"

[database]
dsn = "postgresql://beema@127.0.0.1:5433/beema"
"""
ENVIRONMENT = {
    "STAGING_INNGEST_EVENT_KEY": "an-event-key",
    "STAGING_INNGEST_SIGNING_KEY": "0123456789abcdef" * 4,
    "STAGING_DB_PASSWORD": "a password",
    "STAGING_DATABASE_URL": "postgresql://verify:in%20url@db.example.com/studio",
    "INNGEST_EVENT_KEY": "local",
    "POSTGRES_PASSWORD": "beema-local",
}


def whole(*, without: Sequence[str] = ("environment_file", "dsn_env", "[absent]", "[waived]")) -> str:
    """Return the annotated example with its switched-off keys on, except for some keys and `[tables]`."""
    text = (FOLDER / "example-external.toml").read_text()
    text = re.sub(r"^#(?=\[|[\w.-]+ = )", "", text, flags=re.MULTILINE)
    for name in without:
        left_out = rf"^{re.escape(name)}(.*\n)(.+\n)*" if name.startswith("[") else rf"^{name} = .*\n"
        text = re.sub(left_out, "", text, flags=re.MULTILINE)
    return text


def read(folder: Path, text: str, **environment: str) -> Target:
    """Read a target whose file says `text`."""
    (folder / "ours.toml").write_text(text, encoding="utf-8")
    return load("ours", environment=environment, folder=folder)


def refusal(folder: Path, text: str, **environment: str) -> list[str]:
    """Return the three lines with which a file is refused."""
    with pytest.raises(UsageError) as refused:
        read(folder, text, **environment)
    return [line.partition(": ")[2] for line in str(refused.value).splitlines()]
