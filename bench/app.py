"""The app of the benchmarks: it speaks the protocol by itself, without SDK or framework, so that the engine is seen.

Its functions are the recorded one of two steps, and one of none. `GET /arrivals` returns when each run reached it
first, in seconds since the epoch; `GET /finished?at_least=N` how many have finished, as soon as it is that many.
"""

import argparse
import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qs

import uvloop

NAME = "bench"
STEPS = {"one": "fe05bcdcdc4928012781a5f1a2a77cbb5398e106", "two": "ad782ecdac770fc6eb9a62e44f90873fb97fb26b"}
"""The steps by name, with the ids that SDKs give them."""

_RESULTS: dict[str, Any] = {"one": {"a": 1}, "two": "two"}
_HEADERS = b"content-type: application/json\r\nx-inngest-sdk: inngest-py:v0.5.19\r\nx-inngest-req-version: 2"
_HEAD_ENDS = b"\r\n\r\n"


def registration(url: str) -> dict[str, Any]:
    """Return what the app tells an engine of itself."""
    functions = [_function(name, url) for name in ("plain", "steps")]
    return {"url": url, "appname": NAME, "sdk": "py:v0.5.19", "v": "0.1", "framework": "none", "functions": functions}


def _function(name: str, url: str) -> dict[str, Any]:
    slug = f"{NAME}-{name}"
    runtime = {"type": "http", "url": f"{url}?fnId={slug}&stepId=step"}
    step = {"id": "step", "name": "step", "retries": {"attempts": 4}, "runtime": runtime}
    return {"id": slug, "name": name, "triggers": [{"event": f"{NAME}/{name}"}], "steps": {"step": step}}


def _answer(status: bytes, value: Any) -> bytes:
    body = json.dumps(value).encode()
    return b"HTTP/1.1 %b\r\n%b\r\ncontent-length: %d\r\n\r\n%b" % (status, _HEADERS, len(body), body)


def _step(name: str) -> bytes:
    userland = {"id": name, "index": None}
    operation = {"displayName": name, "id": STEPS[name], "name": name, "op": "StepRun", "opts": None}
    return _answer(b"206 Partial Content", [{**operation, "userland": userland, "data": _RESULTS[name]}])


_REPLIES = {STEPS[name].encode(): _step(name) for name in STEPS}
_END = _answer(b"200 OK", list(_RESULTS.values()))


@dataclass(slots=True)
class Runs:
    """What happened to the runs of the app's functions."""

    arrivals: dict[bytes, float] = field(default_factory=dict)
    finished: int = 0
    waiting: list[tuple[int, asyncio.Transport]] = field(default_factory=list)

    def go_on(self, head: bytes, body: bytes) -> bytes:
        """Answer an engine's call: with the next step, or with the result."""
        self._note_arrival(head)
        if b"fnId=bench-steps" in head:
            for step_id, reply in _REPLIES.items():
                if step_id not in body:
                    return reply
        self.finished += 1
        self.tell()
        return _END

    def _note_arrival(self, head: bytes) -> None:
        _, _, rest = head.lower().partition(b"\r\nx-run-id:")
        self.arrivals.setdefault(rest.partition(b"\r\n")[0].strip(), time.time())

    def tell(self) -> None:
        """Answer whoever waits for what has come true by now."""
        for at_least, transport in self.waiting:
            if self.finished >= at_least:
                transport.write(_answer(b"200 OK", self.finished))
        self.waiting = [(at_least, one) for at_least, one in self.waiting if self.finished < at_least]


class Connection(asyncio.Protocol):
    """Reads one request after the other, each with a length, and answers it."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(_HEAD_ENDS)
        if separator and len(rest) >= (length := _content_length(head)):
            self._buffer = rest[length:]
            self._answer(head, rest[:length])

    def _answer(self, head: bytes, body: bytes) -> None:
        method, target, _ = head.split(b" ", 2)
        path, _, query = target.decode().partition("?")
        if method == b"POST":
            self._transport.write(self._runs.go_on(head, body))
        elif path == "/arrivals":
            self._transport.write(_answer(b"200 OK", list(self._runs.arrivals.values())))
        else:
            at_least = int(parse_qs(query).get("at_least", ["0"])[0])
            self._runs.waiting.append((at_least, self._transport))
            self._runs.tell()


def _content_length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0] or 0)


async def serve(port: int) -> None:
    """Serve the app until it is cancelled."""
    runs = Runs()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(runs), "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


def main() -> None:
    """Serve the app until a signal ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
