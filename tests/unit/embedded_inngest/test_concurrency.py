"""The forms in which a function can bound its concurrency; v1.43.0 was asked the same."""

import pytest

from tests.unit.embedded_inngest.recordings import Json
from tests.unit.embedded_inngest.scripted_app import ScriptedApp


def limit(number: int, scope: str = "Fn") -> Json:
    """Return a limit on steps without a key, as the server shows it."""
    return {"limit": number, "scope": scope, "hash": ""}


X = {"limit": 5, "key": "event.data.x", "scope": "Account", "hash": "3uj9g2ug07azd"}
TAKEN: dict[str, tuple[object, object]] = {
    "a number": (5, [limit(5)]),
    "a map": ({"limit": 5}, [limit(5)]),
    "a map with a key": ({"limit": 5, "key": "event.data.x", "scope": "account"}, [X]),
    "a name in another case": ({"Limit": 5}, [limit(5)]),
    "an empty map": ({}, [limit(0)]),
    "a list": ([{"limit": 9}, {"limit": 5, "key": "event.data.x", "scope": "account"}], [X, limit(9)]),
    "limits on runs and steps": (
        {"fn": [{"limit": 3, "scope": "fn"}], "step": [{"limit": 7}, {"limit": 2}]},
        {"fn": [{"limit": 3, "scope": "fn"}], "step": [limit(2), limit(7)]},
    ),
    "a limit on runs": (
        {"fn": [{"limit": 3, "key": "event.data.z"}]},
        {"fn": [{"limit": 3, "key": "event.data.z", "id": "1ct6mrnm19etk"}]},
    ),
    "limits on steps": ({"step": [{"limit": 3}]}, [limit(3)]),
    "limits that are no lists": ({"fn": 3, "step": 4}, [limit(0)]),
    "a text": ("5", None),
    "a switch": (True, None),
    "a fraction": (5.5, None),
}
REFUSED: dict[str, object] = {
    "three limits": [{"limit": 1}, {"limit": 2}, {"limit": 3}],
    "a scope without a key": {"limit": 5, "scope": "env"},
    "a scope that is none": {"limit": 5, "scope": "world"},
    "a key that is none": {"limit": 5, "key": "((("},
    "a limit that is a text": {"limit": "5"},
    "a list of numbers": [5],
    "two limits on runs": {"fn": [{"limit": 3}, {"limit": 4}]},
    "no runs at all": {"fn": [{"limit": 0}]},
    "runs of the app": {"fn": [{"limit": 1, "scope": "app"}]},
}


@pytest.mark.parametrize("form", TAKEN)
def test_a_form_is_taken_and_shown(form: str, app: ScriptedApp) -> None:
    """Every form that the real server takes is taken, and shown as it shows it; what it ignores is ignored."""
    given, shown = TAKEN[form]
    app.serves("go", concurrency=given)

    app.sync()
    [config] = [one for one in app.server.get("/dev")["body"]["functions"] if one["slug"] == app.slug("go")]

    assert config.get("concurrency") == shown


@pytest.mark.parametrize("fault", REFUSED)
def test_a_form_is_refused(fault: str, app: ScriptedApp) -> None:
    """What the real server refuses is refused with the whole registration."""
    app.serves("go", concurrency=REFUSED[fault])

    assert app.sync()["status"] == 400
