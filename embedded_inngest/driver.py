"""One request to an app: the body and headers that the real server sends."""

import base64
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import orjson

from embedded_inngest import wire
from embedded_inngest.apps import Function
from embedded_inngest.client import CallError, Client
from embedded_inngest.clock import Clock, Ids
from embedded_inngest.events import FAILED, FINISHED, INVOKED
from embedded_inngest.queue import DISCOVERY, Job
from embedded_inngest.release import Release
from embedded_inngest.replies import Reply, failed, read_reply
from embedded_inngest.runs import Run
from embedded_inngest.signing import SigningKey

ACCOUNT = "00000000-0000-4000-a000-000000000000"
_WITHIN = 2 * 60 * 60.0
_MAX_BODY = 4 * 1024 * 1024
_MAX_STATE = _MAX_BODY - 1024


class Driver:
    """Asks an app to go on with a run."""

    def __init__(
        self, client: Client, clock: Clock, ids: Ids, release: Release, signing_key: SigningKey | None
    ) -> None:
        self._client = client
        self._clock = clock
        self._ids = ids
        self._signing_key = signing_key
        self._release = release

    async def call(self, run: Run, function: Function, job: Job, span_id: str) -> Reply:
        """Make a request and understand its answer."""
        request_id = self._ids.ulid()
        body = request_body(run, _context(self._release, run, function, job, request_id), self._release)
        headers = _headers(self._release, run, job, request_id, span_id)
        if self._signing_key:
            headers["X-Inngest-Signature"] = self._signing_key.signature(body, self._clock.now())
        url = _url(function.url, job.step_id)
        try:
            answer = await self._client.send("POST", url, headers=headers, body=body, within=_WITHIN)
        except CallError as error:
            return failed(error, self._release, url)
        return read_reply(answer, self._clock.now(), self._release)


@lru_cache(maxsize=4096)
def _url(url: str, step_id: str) -> str:
    """Name the step in the query, where the registered URL names the function's own."""
    head, _, query = url.partition("?")
    others = [pair for pair in query.split("&") if pair and not pair.startswith("stepId=")]
    return f"{head}?{'&'.join([*others, f'stepId={quote(step_id)}'])}"


def _headers(release: Release, run: Run, job: Job, request_id: str, span_id: str) -> dict[str, str]:
    headers = {"User-Agent": release.user_agent, "Content-Type": "application/json"}
    if not release.one_span or _is_traced(run):
        span = run.root_span if release.one_span else span_id
        headers["Traceparent"] = f"00-{run.trace_id}-{span}-01"
    if not release.names_jobs:
        return headers
    return {
        **headers,
        "Account-Id": ACCOUNT,
        "X-Inngest-Generation-Id": str(job.attempt + 1),
        "X-Inngest-Job-Id": job.id,
        "X-Inngest-Req-Version": str(run.request_version),
        "X-Inngest-Step-Id": job.step_id,
        "X-Request-Id": request_id,
        "X-Run-Id": run.id,
    }


def _is_traced(run: Run) -> bool:
    """Tell whether a publisher, a step or the clock set off a run, not the end of another or an invocation by hand."""
    if run.event.name == INVOKED:
        return "correlation_id" in run.event.fields()["data"]["_inngest"]
    return run.event.name not in {FINISHED, FAILED}


def request_body(run: Run, context: dict[str, Any], release: Release) -> bytes:
    """Build the canonical body; what would be too large is left for the app to fetch."""
    opening = b',"defers":{},"event":' if release.names_jobs else b',"event":'
    with_steps = run.state_bytes <= _MAX_STATE
    body = _body(run, context | {"use_api": not with_steps}, opening, with_steps=with_steps)
    if len(body) <= _MAX_BODY:
        return body
    return _body(run, context | {"use_api": True}, opening, with_steps=False, with_events=False)


def _body(run: Run, context: dict[str, Any], opening: bytes, *, with_steps: bool, with_events: bool = True) -> bytes:
    """Join the parts, which are canonical already, in canonical order."""
    events = b",".join(event.body for event in run.events) if with_events else b""
    use_api = b"false" if with_steps else b"true"
    parts = (
        b'{"ctx":',
        orjson.dumps(context),
        opening,
        run.event.body,
        b',"events":[',
        events,
        b'],"steps":{',
        _steps(run) if with_steps else b"",
        b'},"use_api":',
        use_api,
        b',"version":',
        str(run.request_version).encode(),
        b"}",
    )
    return b"".join(parts)


def _steps(run: Run) -> bytes:
    steps = run.steps if not run.inputs else _inputs(run) | run.steps
    return b",".join(orjson.dumps(step_id) + b":" + steps[step_id] for step_id in sorted(steps))


def _inputs(run: Run) -> dict[str, bytes]:
    """Write what steps are given that have no result yet."""
    return {step_id: wire.canonical({"input": wire.decode(given)}) for step_id, given in run.inputs.items()}


def _context(release: Release, run: Run, function: Function, job: Job, request_id: str) -> dict[str, Any]:
    """Say in canonical order what the call is about, but for `use_api`, which comes last."""
    stack = {"current": run.position(job.after), "stack": run.stack}
    if not release.names_jobs:
        return {
            "attempt": job.attempt,
            "disable_immediate_execution": run.force_step_plan,
            "env": "",
            "fn_id": function.id,
            "run_id": run.id,
            "stack": stack,
            "step_id": DISCOVERY,
        }
    return {
        "attempt": job.attempt,
        "disable_immediate_execution": run.force_step_plan,
        "env": "",
        "fn_id": function.id,
        "generation_id": job.attempt + 1,
        "job_id": job.id,
        "max_attempts": function.max_attempts,
        "qi_id": base64.b64encode(f"{job.id}::default".encode()).decode(),
        "request_id": request_id,
        "run_id": run.id,
        "stack": stack,
        "step_id": DISCOVERY,
    }
