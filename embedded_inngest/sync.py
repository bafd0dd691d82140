"""How apps get known: the server asks them to register, again and again, and takes what they register."""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any

from embedded_inngest import wire
from embedded_inngest.apps import App
from embedded_inngest.client import Answer, CallError, Client
from embedded_inngest.clock import Clock, Ids, named_uuid
from embedded_inngest.errors import PublicError
from embedded_inngest.registration import Registration, build_functions, normalized_url, read_registration
from embedded_inngest.state import State
from embedded_inngest.triggers import TriggerIndex

SERVER_KIND = "dev"
UNREACHABLE = "unreachable"
_WITHIN = 10.0
_BAD_REQUEST = 400
_STATUS_ERRORS = {401: "unauthorized", 403: "forbidden", 404: "url_not_found", 500: "internal_server_error"}
_MESSAGE_ERRORS = {
    "Your signing key is invalid": "invalid_signing_key",
    "No functions registered": "no_functions",
    "function is invalid": "invalid_function",
    "You didn't specify your workspace's signing key": "missing_signing_key",
    "No INNGEST_ENV branch name found": "missing_branch_env_name",
}

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Sync:
    """Keeps the known apps up to date."""

    state: State
    triggers: TriggerIndex
    client: Client
    clock: Clock
    ids: Ids
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def start(self, urls: list[str], *, poll_interval: float | None) -> None:
        """Ask the given apps to register, and go on asking all known ones, the broken ones in any case."""
        for url in urls:
            self.expect(url)
        task = asyncio.get_running_loop().create_task(self._keep_asking(poll_interval))
        self._tasks.add(task)

    async def close(self) -> None:
        """Stop asking."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep_asking(self, poll_interval: float | None) -> None:
        only_broken = False
        while True:
            for app in self.state.apps:
                if app.error or not only_broken:
                    await self.ping(app)
            only_broken = poll_interval is None
            await self.clock.sleep(poll_interval or 5.0)

    def expect(self, url: str) -> App:
        """Keep a place for an app of which only the URL is known."""
        url = normalized_url(url if "://" in url else f"http://{url}")
        known = self.state.apps.by_url(url)
        if known:
            return known[0]
        app = App(id=named_uuid(url), url=url, error=UNREACHABLE)
        self.state.apps.add(app)
        return app

    async def ping(self, app: App) -> str | None:
        """Ask an app to register and return what is wrong with it, if anything; it keeps its functions in any case."""
        error = await self._ask(app.url)
        for known in self.state.apps.by_url(app.url):
            known.error = error
        if error:
            log.warning("app at %s: %s", app.url, error)
        return error

    async def _ask(self, url: str) -> str | None:
        headers = {
            "User-Agent": "Go-http-client/1.1",
            "Content-Type": "application/json",
            "X-Inngest-Server-Kind": SERVER_KIND,
        }
        body = wire.text({"url": url}).encode()
        try:
            answer = await self.client.send("PUT", url, headers=headers, body=body, within=_WITHIN)
        except CallError:
            return UNREACHABLE
        return _deploy_error(answer)

    def register(self, body: bytes, expected_kind: str) -> dict[str, Any]:
        """Take what an app registers and return the answer.

        Raises:
            PublicError: it is refused.
        """
        if expected_kind and expected_kind != SERVER_KIND:
            raise PublicError(_BAD_REQUEST, f"Expected server kind {SERVER_KIND}, got {expected_kind}")
        registration = read_registration(body)
        app = self._app_for(registration)
        modified = app.checksum != registration.checksum or bool(app.error)
        if modified:
            self._apply(app, registration)
        return {"ok": True, "modified": modified, "sync_id": self.ids.uuid(), "app_id": app.id}

    def _app_for(self, registration: Registration) -> App:
        """Find the app by its name, else take it on; a place kept for its URL has served its purpose."""
        for place in self.state.apps.by_url(registration.url):
            if not place.name:
                self.state.apps.remove(place)
        app = self.state.apps.by_name(registration.app_name)
        if app is None:
            app = App(id=named_uuid(registration.app_name), name=registration.app_name, url=registration.url)
            self.state.apps.add(app)
        return app

    def _apply(self, app: App, registration: Registration) -> None:
        app.url = registration.url
        app.sdk_language = registration.sdk_language
        app.sdk_version = registration.sdk_version
        app.framework = registration.framework
        app.app_version = registration.app_version
        app.checksum = registration.checksum
        try:
            functions = build_functions(registration, app_id=app.id, known=app.functions, now=self.clock.now())
        except PublicError as error:
            app.error = str(error)
            raise
        app.error = None
        self.state.apps.set_functions(app, functions)
        self.triggers.rebuild(self.state.apps.functions())
        log.info("app %s registered %d functions", app.name, len(functions))

    def forget(self, app: App) -> None:
        """Remove an app and its functions; runs under way fail to find theirs."""
        self.state.apps.remove(app)
        self.triggers.rebuild(self.state.apps.functions())


def _deploy_error(answer: Answer) -> str | None:
    """Say what an answer to the request to register means; most statuses count as success."""
    if answer.status != _BAD_REQUEST:
        return _STATUS_ERRORS.get(answer.status)
    try:
        message = str(wire.decode(answer.body)["message"])
    except (ValueError, KeyError, TypeError):
        message = answer.body.decode("utf-8", "replace")
    return next((error for part, error in _MESSAGE_ERRORS.items() if part in message), message)
