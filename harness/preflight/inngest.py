"""Is an Inngest at the address of the target's Inngest, in the mode that the target says, and does it take our keys?"""

import re
from typing import Any

import httpx

from harness.clients.inngest import InngestClient
from harness.errors import SetupError
from harness.preflight.finding import Finding, must_answer
from harness.targets import Target

KEY = "[inngest] url"
REFUSED = (401, 403)


def look_at_inngest(client: InngestClient, target: Target) -> Finding:
    """Look at what answers, without leaving anything there.

    Raises:
        SetupError: It is no Inngest, another mode's, or one that refuses our keys.
    """
    with must_answer("Inngest", KEY):
        asked = client.http.post("/v0/gql", json={"query": "{ functions { slug } }"})
        listed = client.http.get("/v1/events", params={"limit": 1})
        version = client.version()
    for answer in (asked, listed):
        _require_entrance(answer, target)
    if not _data_of(asked):
        raise SetupError(
            f"an Inngest at {client.http.base_url}.",
            f"POST /v0/gql is answered by something else: {_shown(asked)}.",
            f"correct {KEY} in the target's file: it is where Inngest's own server listens, usually port 8288.",
        )
    if target.inngest is not None and target.inngest.mode == "start":
        _require_signed(client, target, version)
    return Finding(about="Inngest")


def variable_of(target: Target, secret: str, key: str) -> str:
    """Return the name of the variable that holds a secret, or else the key of the target's file that names it."""
    return next((name for name, value in target.secrets.items() if value == secret), key)


def _require_entrance(answer: httpx.Response, target: Target) -> None:
    if answer.status_code not in REFUSED:
        return
    inngest = target.inngest
    if inngest is not None and inngest.mode == "start":
        advice = f"give the server's own signing key in {variable_of(target, inngest.signing_key, 'signing_key_env')}."
    else:
        advice = 'if it runs in signed mode, say mode = "start" in [inngest], with signing_key_env and event_key_env.'
    raise SetupError(
        f"Inngest at {answer.request.url.copy_with(path='/', query=None)} to let the suite in.",
        f"{answer.request.method} {answer.request.url.path} answered {_shown(answer)}.",
        advice,
    )


def _require_signed(client: InngestClient, target: Target, version: str) -> None:
    """See that a server said to be in signed mode is; an event that is none tells whether the key is right."""
    if version:
        raise SetupError(
            f"the Inngest at {client.http.base_url} to be in signed mode, as the target says.",
            f"it is a development server (GET /dev tells version {version}), which checks no keys.",
            'say mode = "dev" in [inngest] of the target\'s file, or name the server in signed mode.',
        )
    refused = client.send_raw(b"{}")
    if refused.status in REFUSED:
        key = "" if target.inngest is None else target.inngest.event_key
        raise SetupError(
            "Inngest to accept the event key.",
            f"it answered {refused.status} ({refused.error}).",
            f"put a key of this server into {variable_of(target, key, 'event_key_env')}.",
        )


def _data_of(answer: httpx.Response) -> Any:
    try:
        body = answer.json()
    except ValueError:
        return None
    return body.get("data") if isinstance(body, dict) else None


def _shown(answer: httpx.Response) -> str:
    """Return what answered, in short: a page by its title."""
    title = re.search(r"<title>\s*(.*?)\s*</title>", answer.text, re.IGNORECASE | re.DOTALL)
    text = f"a page {title[1]!r}" if title else repr(answer.text[:80])
    return f"{answer.status_code} {answer.headers.get('content-type', 'without a type')}, {text}"
