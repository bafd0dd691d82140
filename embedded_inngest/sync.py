"""How apps get known: the server asks them to register, again and again, and takes what they register."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from embedded_inngest import wire
from embedded_inngest.apps import App
from embedded_inngest.client import Answer, CallError, Client
from embedded_inngest.clock import Clock, Ids, named_uuid
from embedded_inngest.errors import BarePublicError, PublicError, StartError
from embedded_inngest.flow.timetable import Timetable
from embedded_inngest.registration import Registration, build_functions, normalized_url, read_registration
from embedded_inngest.release import Release
from embedded_inngest.signing import SigningKey
from embedded_inngest.state import State
from embedded_inngest.triggers import TriggerIndex

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
    """Keeps the known apps up to date. `on_change` is told when there are other functions than before."""

    state: State
    triggers: TriggerIndex
    timetable: Timetable
    client: Client
    clock: Clock
    ids: Ids
    release: Release
    server_kind: str
    signing_key: SigningKey | None
    on_change: Callable[[], None]
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def start(self, urls: Iterable[str], *, every: float, healthy_too: bool) -> None:
        """Ask the given apps to register, and go on asking: the broken ones, or all known ones.

        Raises:
            StartError: One of the URLs can't be read.
        """
        for url in urls:
            try:
                self.expect(url)
            except ValueError as error:
                raise StartError(
                    expected="each --sdk-url to be a URL.", seen=f"{url} ({error}).", then="correct it."
                ) from None
        task = asyncio.get_running_loop().create_task(self._keep_asking(every, healthy_too=healthy_too))
        self._tasks.add(task)

    async def close(self) -> None:
        """Stop asking."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep_asking(self, every: float, *, healthy_too: bool) -> None:
        while True:
            for app in self.state.apps:
                if app.error or healthy_too:
                    await self.ping(app)
            await self.clock.sleep(every)

    def expect(self, url: str) -> App:
        """Keep a place for an app of which only the URL is known."""
        url = _with_scheme(url)
        if not self.release.apps_by_name:
            return self._expect_anew(url)
        known = self.at(url)
        if known:
            return known
        normalized = normalized_url(url, self.release)
        app = App(id=named_uuid(normalized), url=normalized, error=UNREACHABLE)
        self.state.apps.add(app)
        return app

    def _expect_anew(self, url: str) -> App:
        """Forget of an app at this very URL all but its functions: it has to register again."""
        app = App(id=named_uuid(url), url=normalized_url(url, self.release), error=UNREACHABLE)
        known = self.state.apps.by_id(app.id)
        app.functions = known.functions if known else {}
        self.state.apps.add(app)
        return app

    def at(self, url: str) -> App | None:
        """Find the app at a URL; the older release compares it as it was given."""
        url = _with_scheme(url)
        found = self.state.apps.by_url(normalized_url(url, self.release) if self.release.apps_by_name else url)
        return next(iter(found), None)

    async def ping(self, app: App, *, signed: bool = True) -> str | None:
        """Ask an app to register and return what is wrong with it, if anything; only by registering it gets well.

        It keeps its functions in any case.
        """
        error = await self._ask(app.url, self.signing_key if signed else None)
        if error:
            for known in self.state.apps.by_url(app.url) if self.release.apps_by_name else [app]:
                self._set_error(known, error)
            log.warning("app at %s: %s", app.url, error)
        return error

    async def _ask(self, url: str, signing_key: SigningKey | None) -> str | None:
        headers = {
            "User-Agent": "Go-http-client/1.1",
            "X-Inngest-Server-Kind": self.server_kind,
        }
        body = b""
        if self.release.pings_with_body:
            headers["Content-Type"] = "application/json"
            body = wire.text({"url": url}).encode()
        if signing_key:
            headers["X-Inngest-Signature"] = signing_key.ping_signature({"url": url}, self.clock.now())
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
        if expected_kind and expected_kind != self.server_kind:
            raise BarePublicError(_BAD_REQUEST, f"Expected server kind {self.server_kind}, got {expected_kind}")
        registration = read_registration(body, self.release)
        app = self._app_for(registration)
        modified = app.checksum != registration.checksum or bool(app.error)
        if modified:
            self._apply(app, registration)
        if not self.release.tells_sync:
            return {"ok": True}
        return {"ok": True, "modified": modified, "sync_id": self.ids.uuid(), "app_id": app.id}

    def _app_for(self, registration: Registration) -> App:
        """Find the app that registers, else take it on."""
        if self.release.apps_by_name:
            return self._app_of_name(registration)
        app_id = named_uuid(registration.url)
        app = self.state.apps.by_id(app_id)
        if app is None:
            app = App(id=app_id, name=registration.app_name, url=registration.url)
            self.state.apps.add(app)
        return app

    def _app_of_name(self, registration: Registration) -> App:
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
        app.name = registration.app_name
        app.url = registration.url
        app.sdk_language = registration.sdk_language
        app.sdk_version = registration.sdk_version
        app.framework = registration.framework
        app.app_version = registration.app_version
        app.checksum = registration.checksum
        try:
            functions = build_functions(
                registration, self.release, app_id=app.id, known=app.functions, now=self.clock.now()
            )
        except PublicError as error:
            self._set_error(app, str(error))
            if self.release.tells_sync:
                raise
            return
        app.error = None
        self.state.apps.set_functions(app, functions)
        self._index()
        log.info("app %s registered %d functions", app.name, len(functions))

    def _set_error(self, app: App, error: str) -> None:
        if app.error != error:
            app.error = error
            self.state.apps.changed()

    def forget(self, app: App) -> None:
        """Remove an app and its functions; runs under way fail to find theirs."""
        self.state.apps.archive(app)
        self._index()

    def _index(self) -> None:
        functions = self.state.apps.functions()
        self.triggers.rebuild(functions)
        self.timetable.rebuild(functions)
        self.on_change()


def _with_scheme(url: str) -> str:
    return url if "://" in url else f"http://{url}"


def _deploy_error(answer: Answer) -> str | None:
    """Say what an answer to the request to register means; most statuses count as success."""
    if answer.status != _BAD_REQUEST:
        return _STATUS_ERRORS.get(answer.status)
    try:
        message = str(wire.decode(answer.body)["message"])
    except (ValueError, KeyError, TypeError):
        message = answer.body.decode("utf-8", "replace")
    return next((error for part, error in _MESSAGE_ERRORS.items() if part in message), message)
