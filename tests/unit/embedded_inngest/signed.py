"""What is recorded of the signed mode, asked again of one engine, and the signatures in it."""

import hashlib
import hmac
import json
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qs

import rfc8785

from harness.waiters import OutOfTimeError, until
from tests.unit.embedded_inngest.performance import syncs, wait_for_syncs
from tests.unit.embedded_inngest.recordings import Json, load
from tests.unit.embedded_inngest.replay import EVERY, PATIENCE, Log, executions, wait_for_silence
from tests.unit.embedded_inngest.server import Server

TRANSCRIPT = "70-start-mode"
SIGNING_KEY = "7468697320697320612074657374206b"
EVENT_KEY = "evt-key-1"

EVENT = {"name": "probe/steps", "data": {}}
"""What the recorder sent; the transcript has it in the calls that followed."""

HEADER = "x-inngest-signature"
LATE = 5.0
"""Seconds after which a signature may no longer bear the time of its request, on a busy machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPerformance:
    """What the engine did and said in the signed mode; each part has the form of the transcript."""

    url: str
    syncs: list[Json]
    answers: dict[str, Json]
    calls: list[Json]


def asked() -> dict[str, Json]:
    """Return the recorded requests to the server, without those to the SDK, in which no server takes part."""
    entries = {name: entry for name, entry in load(TRANSCRIPT).items() if name not in {"sync_calls", "calls"}}
    return {name: entry["request"] for name, entry in entries.items() if not name.startswith("sdk ")}


def perform_signed(server: Server, log: Log) -> SignedPerformance:
    """Ask everything again, and wait long enough for a poll that should not come."""
    recording = load(TRANSCRIPT)
    wait_for_syncs(log, len(recording["sync_calls"]))
    answers = {name: server.repeat(_with_event(request)) for name, request in asked().items()}
    with suppress(OutOfTimeError):  # what didn't happen is a difference
        until(lambda: len([*executions(log())]) >= len(recording["calls"]), within=PATIENCE, every=EVERY)
    wait_for_silence(log)
    calls = log()
    return SignedPerformance(url=server.base_url, syncs=syncs(calls), answers=answers, calls=[*executions(calls)])


def is_right(header: str, body: bytes, at: float) -> bool:
    """Tell whether a signature is that of a canonical body, made when it was sent."""
    fields = {name: values[0] for name, values in parse_qs(header).items()}
    second = fields["t"]
    right = hmac.digest(SIGNING_KEY.encode(), body + second.encode(), hashlib.sha256).hex()
    return header == f"t={second}&s={right}" and abs(at - int(second)) < LATE


def without_signature(call: Json) -> Json:
    """Return a call with the word `<right>` in the place of its signature, if it is."""
    request = call["request"]
    headers = dict(request["headers"])
    if HEADER in headers and is_right(headers[HEADER], rfc8785.dumps(request["body"]), call["t"]):
        headers[HEADER] = "<right>"
    return {**call, "request": {**request, "headers": headers}}


def _with_event(request: Json) -> Json:
    is_event = request["path"].startswith("/e/")
    return {**request, "body": json.dumps(EVENT)} if is_event else request
