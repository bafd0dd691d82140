"""Redaction: a secret is hidden however it is spelled, and nothing else is."""

import base64
import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

from harness.addresses import Addresses
from harness.redaction import Redactor

SECRET = "pä ss/w+rd'\\&%\"€"
ADDRESSES = Addresses(
    engine="http://127.0.0.1:8288",
    dispatcher="",
    kernel="",
    dsn=f"postgresql://studio:{quote(SECRET, safe='')}@db:5432/studio",
    logs="",
    event_key="event-key-1",
    signing_key="abcdef0123456789",
    app="app",
    function="dispatcher",
    serve="/api/inngest",
)


def basic(prefix: str) -> str:
    """Return an Authorization header as HTTP's Basic makes it."""
    return f"Basic {base64.b64encode(f'{prefix}{SECRET}:rest'.encode()).decode()}"


SPELLINGS = {
    "bare": f"it said {SECRET}!",
    "in a path": f"/e/{quote(SECRET)}?x",
    "in a query": f"?key={quote_plus(SECRET)}&x",
    "in a URL": f"postgresql://u:{quote(SECRET, safe='')}@h/d",
    "with lower-case escapes": f"/e/{re.sub('%..', lambda each: each[0].lower(), quote(SECRET, safe=''))}",
    "in a DSN": make_conninfo(host="h", password=SECRET, user="u"),
    "by Python": repr({"key": SECRET}),
    "by JSON": json.dumps({"key": SECRET}),
    "by JSON in UTF-8": json.dumps({"key": SECRET}, ensure_ascii=False),
    "in base64": base64.b64encode(SECRET.encode()).decode(),
    "in base64 for URLs": base64.urlsafe_b64encode(SECRET.encode()).decode(),
    **{f"in base64 after {count} letters": basic("u" * count) for count in range(3)},
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
def test_secret_is_hidden_in_every_spelling(text: str) -> None:
    """Whatever form a URL, a DSN, a quotation or base64 gives it, its name stands in its place."""
    hidden = Redactor({"KEY": SECRET}).text(text)

    assert "[KEY]" in hidden
    assert len(hidden) < len(text)


@given(secret=st.text(min_size=4), before=st.text(), after=st.text())
def test_no_secret_survives(secret: str, before: str, after: str) -> None:
    """Any secret of four letters or more is gone from any text around it, which stays as it is."""
    assume(secret not in f"{before}[KEY]{after}")
    hidden = Redactor({"KEY": secret}).text(f"{before}{secret}{after}")

    assert secret not in hidden
    assert hidden.replace("[KEY]", "") == f"{before}{after}".replace("[KEY]", "") or "[KEY]" in hidden


def test_text_without_secrets_stays_as_it_is() -> None:
    """Where there is no secret, or none that is long enough to be told from ordinary text, nothing is changed."""
    for redactor in (Redactor(), Redactor({"KEY": "", "SHORT": "abc"}), Redactor({"KEY": SECRET})):
        assert redactor.text("abc\ndef ghi: päss") == "abc\ndef ghi: päss"


def test_longest_secret_wins() -> None:
    """Of two secrets, one in the other, the whole one is hidden, and not a part of it."""
    redactor = Redactor({"PASSWORD": "pass-word", "DSN": "postgresql://u:pass-word@h/d"})

    assert redactor.text("at postgresql://u:pass-word@h/d, or pass-word") == "at [DSN], or [PASSWORD]"


def test_later_secrets_are_hidden_too() -> None:
    """What only a started stack knows is hidden from then on; what has a name already keeps it."""
    redactor = Redactor({"EVENT_KEY": "event-key-1"})
    assert redactor.text("abcdef0123456789") == "abcdef0123456789"

    redactor.keep(ADDRESSES.secrets)

    assert redactor.text(f"event-key-1 abcdef0123456789 {ADDRESSES.dsn}") == (
        "[EVENT_KEY] [signing key] postgresql://studio:[database password]@db:5432/studio"
    )


def test_json_is_hidden_in_keys_and_values() -> None:
    """A report is gone through to its last text; numbers and the rest stay as they are."""
    report = {"a": [{"KEY-1234": "x KEY-1234"}, 1.5, None, True, ("KEY-1234",)]}

    assert Redactor({"K": "KEY-1234"}).everything(report) == {"a": [{"[K]": "x [K]"}, 1.5, None, True, ["[K]"]]}


def test_public_key_is_no_secret(tmp_path: Path) -> None:
    """The guide's event key `local` is in every report, in `localhost` for one, and hides nothing."""
    local = replace(ADDRESSES, dsn=f"host={tmp_path} dbname=d", event_key="local", signing_key="")

    assert local.secrets == {}
