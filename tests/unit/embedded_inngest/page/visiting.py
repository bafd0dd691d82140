"""Somebody who visits the page of an engine that lives in this process, with an app that is a list of answers."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from embedded_inngest.app import App
from embedded_inngest.client import Answer, CallError
from embedded_inngest.engine import Engine
from embedded_inngest.http import Request, Response
from embedded_inngest.options import Options
from tests.unit.embedded_inngest.test_state_runs import Answers, registration
from tests.unit.embedded_inngest.turned_clock import TurnedClock, settled

T = TypeVar("T")
DONE = (200, "done")
EVIL = "<script>alert(1)</script>"
HOST = "engine.example:8288"


class Gone(Answers):
    """An app that cannot be reached, and notes where it was asked."""

    async def send(self, _method: str, url: str, *, headers: Mapping[str, str], body: bytes, within: float) -> Answer:
        self.asked.append((url, headers["X-Inngest-Server-Kind"], body, within))
        raise CallError("refused")


@dataclass(frozen=True)
class Visitor:
    """Asks for pages as a browser does, and sends forms."""

    engine: Engine
    clock: TurnedClock
    app: App

    async def get(self, path: str, **headers: str) -> Response:
        return await self._ask("GET", path, headers)

    async def post(self, path: str, form: Mapping[str, str] | None = None, **headers: str) -> Response:
        return await self._ask("POST", path, headers, urlencode(form or {}).encode())

    async def follow(self, path: str, form: Mapping[str, str] | None = None) -> tuple[str, str]:
        """Send a form, let happen what follows of it, and return where it leads and what stands there."""
        place = dict((await self.post(path, form)).headers)["location"]
        await settled()
        return place, (await self.get(place)).body.decode()

    async def send(self, name: str, **fields: Any) -> str:
        """Have an event received, and all done that follows at once; return its id."""
        event_id = self.engine.runner.accept({"name": name, **fields})
        await settled()
        return event_id

    async def _ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        plain, _, query = path.partition("?")
        return await self.app.answer(
            Request(
                method=method,
                path=plain,
                target=path,
                query=dict(parse_qsl(query)),
                headers={"host": HOST, **named},
                body=body,
            )
        )


def visit(
    scenario: Callable[[Visitor], Awaitable[T]],
    *,
    app: Answers | None = None,
    functions: tuple[str, ...] = ("go",),
    **options: Any,
) -> T:
    """Play a scenario with an engine that knows functions, each triggered by the event of its name."""

    async def playing() -> T:
        clock = TurnedClock()
        engine = Engine(Options(retry_interval=60.0, **options), clock=clock, client=app or Answers(DONE))
        engine.sync.register(registration(*functions, retries=1), "")
        try:
            return await scenario(Visitor(engine, clock, App(engine)))
        finally:
            await engine.stop()

    return asyncio.run(playing())


def links(page: str, below: str) -> list[str]:
    """Return the ids that a page links to below a path, each once, in their order."""
    return list(dict.fromkeys(re.findall(rf'href="{below}/([0-9A-Za-z-]+)"', page)))
