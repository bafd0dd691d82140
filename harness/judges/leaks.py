"""Leaks: everything that one event leaves to be read, and the search for secrets in it."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.clients.inngest import InngestClient
from harness.clients.inngest_answers import Run
from harness.clients.rows import Rows
from harness.clocks import earliest_stamp
from harness.errors import Inconclusive, UnmetError
from harness.journey import SETTLES_WITHIN, Journey
from harness.receiver.attempts import Attempt
from harness.webhooks import Webhook

NEWEST = 50
"""Events that are searched: as many as one answer of Inngest holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Something that others than the webhook's owner can read.

    Attributes:
        hop: The hop at which it was written.
    """

    name: str
    hop: str
    text: str


def require_none(secrets: Mapping[str, str], places: Iterable[Place]) -> None:
    """Check that no secret stands anywhere.

    Args:
        secrets: By names that may be shown.
        places: Where to look.

    Raises:
        UnmetError: One does; the text names the places, and never the secret.
    """
    found = [(place, whose) for place in places for whose in _secrets_in(place.text, secrets)]
    if found:
        raise UnmetError(
            f"no secret in anything that {found[0][0].hop!r} leaves to be read.",
            f"{'; '.join(f'{whose} in {place.name}' for place, whose in found[:5])}.",
            "let steps return ids, keep rows out of outputs and errors, and read the secret where it signs.",
            hop=found[0][0].hop,
        )


def in_requests(attempts: Iterable[Attempt]) -> Iterator[Place]:
    """Give the requests as they arrived."""
    for attempt in attempts:
        name = f"{attempt.method} {attempt.path} #{attempt.number}"
        headers = "\n".join(f"{key}: {value}" for key, value in attempt.headers)
        yield Place(name=f"the headers of {name}", hop="delivered", text=f"{attempt.target}\n{headers}")
        yield Place(name=f"the body of {name}", hop="delivered", text=attempt.body.decode(errors="replace"))


def in_rows(rows: Rows, webhooks: Iterable[Webhook]) -> Iterator[Place]:
    """Give the delivery rows of webhooks."""
    for webhook in webhooks:
        yield Place(name=f"the rows of webhook {webhook.id}", hop="recorded", text=rows.everything_of(webhook.id))


def in_runs(inngest: InngestClient, journey: Journey) -> Iterator[Place]:
    """Give what the runs that came of an event were called with and what they and their steps put out.

    Looks at every run that was queued since the event's own: how a dispatcher divides its work is not for us to know.

    Raises:
        Inconclusive: This Inngest does not show them.
    """
    runs = [_as_it_stays(inngest, run_id) for run_id in _ids_since(inngest, journey)]
    if not any(run.spans for run in runs):
        raise _not_shown("the steps of the dispatcher's runs", f"{len(runs)} run(s) without any")
    for run in runs:
        payloads = "\n".join(inngest.payloads_of(run.id))
        yield Place(name=f"the event that called a run of {run.slug}", hop="stored", text=payloads)
        yield Place(name=f"the output of a run of {run.slug}", hop="run started", text=_text(run.output))
        for span in run.spans:
            name = f"the output of step {span.name!r} of {run.slug}"
            yield Place(name=name, hop="run started", text=_text(inngest.step_output(span)))


def in_events(inngest: InngestClient) -> Iterator[Place]:
    """Give the newest events that Inngest holds, whoever published them."""
    for event in inngest.events(limit=NEWEST):
        yield Place(name=f"event {event['name']} {event['id']}", hop="stored", text=_text(event))


def in_logs(logs: Mapping[str, str]) -> Iterator[Place]:
    """Give the logs of a stack.

    Raises:
        Inconclusive: There are none, or nothing in them.
    """
    if not any(logs.values()):
        raise Inconclusive(
            "the logs of the platform, to look for secrets in.",
            "its owner keeps them; in all other places there was none." if not logs else "they are empty.",
            "name the command that prints them: `logs` in the target's file; or look yourself, and waive SIG-07 there.",
        )
    for name, text in logs.items():
        yield Place(name=name, hop="delivered", text=text)


def _as_it_stays(inngest: InngestClient, run_id: str) -> Run:
    """Return a run with all that it leaves, or of one that goes on, what there is."""
    run = inngest.run(run_id)
    return inngest.settled_run(run_id, within=SETTLES_WITHIN) if run.ended else run


def _ids_since(inngest: InngestClient, journey: Journey) -> Sequence[str]:
    """Return the ids of the dispatcher's run for an event and of all that were queued after it."""
    own = journey.ends()
    newest_first = inngest.runs_since(earliest_stamp(journey.at))
    if own.id not in newest_first:
        raise _not_shown(f"run {own.id} among the runs since its event", f"{len(newest_first)} others")
    return newest_first[: newest_first.index(own.id) + 1]


def _not_shown(what: str, seen: str) -> Inconclusive:
    advice = "see which version of Inngest this is, and whether its GraphQL knows `runs` and `trace`."
    return Inconclusive(f"{what} to be readable.", f"{seen}.", advice)


def _secrets_in(text: str, secrets: Mapping[str, str]) -> list[str]:
    spellings = [
        (f"{whose}{form}", spelling) for whose, secret in secrets.items() for form, spelling in _spellings(secret)
    ]
    return [name for name, spelling in spellings if spelling in text]


def _spellings(secret: str) -> Sequence[tuple[str, str]]:
    raw = secret.encode()
    whole_groups = raw[: len(raw) // 3 * 3]  # what follows them in base64 depends on what follows the secret
    return (("", secret), (" in base64", base64.b64encode(whole_groups).decode()), (" in hex", raw.hex()))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
