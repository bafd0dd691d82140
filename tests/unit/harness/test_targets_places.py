"""The lines of a TOML file's keys, which messages need and `tomllib` does not tell."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.targets.places import KeyPath, places

TEXT = '''# kind = "no key"
kind = "x" # = [no.key]
"quoted.key" = """
[no]
table = "\\""""
\tlist . inner = [ # ]
  "]", 1.5, 07:32:00,
  { one = 1 },
]
'literal' = '\\'
[ table."q\\"uote" ]
inline = { first = "}", nested = { deep = '' } }
[[many]]
multi = \'\'\'
'' = #\'\'\'
at = 1979-05-27 07:32:00
[table.again]
'''

VALUES = st.sampled_from(
    ["1", "-1.5e3", "true", '"]"', "'}'", '"\\"="', '"""\n[a]\nb = 1\n"""', "'''\n#'\n'''", "1979-05-27 07:32:00"]
)


def _list(items: list[str]) -> str:
    return "[\n" + ", # ]\n".join(items) + " ]"


def _table(items: list[str]) -> str:
    return "{" + ", ".join(f"k{number} = {item}" for number, item in enumerate(items)) + "}"


NESTED = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3).map(_list) | st.lists(inner, max_size=3).map(_table),
    max_leaves=6,
)
KEYS = st.sampled_from(["a", "b-c", '"x.y"', "'#'", "1", '"\\u00e9"', "a . d"])


def test_every_form_of_key_is_found() -> None:
    """Bare, quoted and dotted keys, headers and inline tables are found; texts, lists and comments hold none."""
    assert tomllib.loads(TEXT)
    assert places(TEXT) == {
        ("kind",): 2,
        ("quoted.key",): 3,
        ("list",): 6,
        ("list", "inner"): 6,
        ("list", "inner", "one"): 8,
        ("literal",): 10,
        ("table",): 11,
        ("table", 'q"uote'): 11,
        ("table", 'q"uote', "inline"): 12,
        ("table", 'q"uote', "inline", "first"): 12,
        ("table", 'q"uote', "inline", "nested"): 12,
        ("table", 'q"uote', "inline", "nested", "deep"): 12,
        ("many",): 13,
        ("many", "multi"): 14,
        ("many", "at"): 16,
        ("table", "again"): 17,
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "# only a comment",
        "a = 1",
        "a = '''x''''\nb = 'y'",
        'a = """"x""""\nb = "y"',
        'a = """x"""""\nb = 1',
    ],
)
def test_small_files_are_read(text: str) -> None:
    """A file without keys or without a last line break, or with quotes beside quotes, has its keys and no others."""
    assert list(places(text)) == [(key,) for key in tomllib.loads(text)]


@given(st.lists(st.tuples(KEYS, NESTED), max_size=6))
def test_keys_are_those_that_tomllib_reads(statements: list[tuple[str, str]]) -> None:
    """In a file of any form the keys that are found are the keys that there are, on lines that begin with them."""
    lines: list[str] = []
    begins: dict[str, int] = {}
    for number, (key, value) in enumerate(statements):
        begins[f"t{number}"] = sum(line.count("\n") for line in lines) + 1
        lines += [f"[t{number}]\n", f"{key} = {value} # {{\n"]
    text = "".join(lines)

    found = places(text)

    assert set(_paths(tomllib.loads(text))) <= set(found)
    assert {path[0]: line for path, line in found.items() if len(path) == 1} == begins
    assert all(found[path] == begins[path[0]] + 1 for path in found if len(path) == 2)


def _paths(table: dict[str, Any], above: KeyPath = ()) -> Iterator[KeyPath]:
    for key, value in table.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from _paths(value, (*above, key))
