"""Faults of the guard and of TLS: whom the dispatcher calls though it must not, and whom it takes for somebody else."""

import hashlib
import hmac
import ssl
from dataclasses import replace
from ipaddress import IPv6Address
from typing import Any

import httpcore
import inngest
from fastapi import FastAPI, Response
from fastapi import Request as Web

from faults.catalogue import fault
from faults.changes import Handler, with_settings
from reference_dispatcher.app import Design
from reference_dispatcher.delivery import HttpSender
from reference_dispatcher.guard import Address, Guard, GuardedNetwork
from reference_dispatcher.parts import Parts
from reference_dispatcher.settings import Settings
from reference_dispatcher.values import Answer, RefusedError, Request

SIGNATURE, EXAMPLE_KEY = "x-inngest-signature", "test-signing-key"
"""The header of Inngest's calls, and the key in the setup guide."""

NO_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which Python does not name."""


def with_sender(design: Design, sender: type[HttpSender] = HttpSender, guard: type[Guard] = Guard) -> Design:
    """Return the design that sends in another way, or past another guard."""

    def parts(settings: Settings) -> Parts:
        own = guard(allow_private=settings.webhook_allow_private)
        return replace(design.parts(settings), sender=sender(own, timeout=settings.webhook_timeout))

    return replace(design, parts=parts)


@fault("SEC-02", hop="delivered", stays_green=("RET-01", "SEC-03"))
def guard_left_off(design: Design) -> Design:
    """The guard cannot be switched on: whatever the environment says, private addresses are called."""
    return with_settings(design, lambda settings: replace(settings, webhook_allow_private=True))


@fault("SEC-02", hop="delivered", stays_green=("RET-01", "SEC-03"))
def guard_reads_the_url_alone(design: Design) -> Design:
    """The guard looks for `127.` and `localhost` in the URL, and knows no other way to write them."""

    class Reader(Guard):
        async def addresses(self, host: str, port: int) -> list[str]:
            if "loopback" not in self._allowed and host.startswith(("127.", "localhost")):
                raise RefusedError("the host is this machine")
            return await self.resolve(host, port)

    return with_sender(design, guard=Reader)


@fault("SEC-02", hop="delivered", stays_green=("RET-01", "SEC-03"))
def guard_knows_no_ipv6(design: Design) -> Design:
    """The guard checks IPv4 addresses alone."""

    class Half(Guard):
        def refused(self, address: Address) -> str | None:
            return None if isinstance(address, IPv6Address) else super().refused(address)

    return with_sender(design, guard=Half)


@fault("SEC-02", hop="delivered", stays_green=("RET-01", "SEC-03"))
def guard_knows_loopback_alone(design: Design) -> Design:
    """The guard refuses loopback, and calls private and metadata addresses."""

    class Short(Guard):
        def refused(self, address: Address) -> str | None:
            found = super().refused(address)
            return found if found in {"loopback", "unroutable"} else None

    return with_sender(design, guard=Short)


@fault("SEC-02", hop="delivered", stays_green=("RET-01", "SEC-03"))
def resolved_again_after_the_check(design: Design) -> Design:
    """The guard checks where a name leads, and the connection looks it up once more."""

    class Twice(GuardedNetwork):
        async def connect_tcp(
            self, host: str, port: int, *others: object, **options: object
        ) -> httpcore.AsyncNetworkStream:
            await self._guard.addresses(host, port)
            return await self._network.connect_tcp(host, port, *others, **options)  # type: ignore[arg-type]

    return with_sender(design, type("TwiceSender", (HttpSender,), {"network": Twice}))


@fault("RET-02", "SEC-02", hop="delivered", stays_green=("RET-01", "SEC-03"))
def redirect_followed_past_the_guard(design: Design) -> Design:
    """A redirect is followed by a client of its own, which has no guard."""

    class Follower(HttpSender):
        async def send(self, request: Request) -> Answer:
            answer = await super().send(request)
            if "location" not in answer.headers:
                return answer
            unguarded = HttpSender(Guard(allow_private=True), timeout=self._timeout)
            return await unguarded.send(replace(request, url=answer.headers["location"]))

    return with_sender(design, Follower)


@fault("SEC-03", hop="delivered", stays_green=("RET-01", "REC-02"))
def certificates_not_verified(design: Design) -> Design:
    """Every certificate will do."""

    class Trusting(HttpSender):
        def trust(self) -> ssl.SSLContext:
            context = super().trust()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            return context

    return with_sender(design, Trusting)


@fault("SEC-03", hop="delivered", stays_green=("RET-01", "REC-02"))
def host_of_the_certificate_not_compared(design: Design) -> Design:
    """A certificate of whatever host will do, if a known authority has issued it."""

    class Careless(HttpSender):
        def trust(self) -> ssl.SSLContext:
            context = super().trust()
            context.check_hostname = False
            return context

    return with_sender(design, Careless)


@fault("SEC-03", hop="delivered", stays_green=("RET-01", "REC-02"))
def expired_certificates_taken(design: Design) -> Design:
    """A certificate is good for ever."""

    class Timeless(HttpSender):
        def trust(self) -> ssl.SSLContext:
            context = super().trust()
            context.verify_flags = ssl.VerifyFlags(context.verify_flags | NO_TIME)
            return context

    return with_sender(design, Timeless)


@fault("SEC-05", hop="stack", stays_green=("SEC-01", "REG-05"))
def example_key_accepted(design: Design) -> Design:
    """The signing key of the setup guide opens the serve endpoint too, left over from development."""

    def routes(app: FastAPI, client: inngest.Inngest, *others: Any) -> None:
        async def lenient(request: Web, handle: Handler) -> Response:
            signed, body = request.headers.get(SIGNATURE, ""), await request.body()
            time = signed.partition("&")[0].removeprefix("t=")
            if signed == _signature(body, EXAMPLE_KEY, time):
                again = (SIGNATURE.encode(), _signature(body, str(client.signing_key), time).encode())
                others = [each for each in request.scope["headers"] if each[0] != SIGNATURE.encode()]
                request.scope["headers"] = [*others, again]
            return await handle(request)

        design.routes(app, client, *others)
        app.middleware("http")(lenient)

    return replace(design, routes=routes)


def _signature(body: bytes, key: str, time: str) -> str:
    return f"t={time}&s={hmac.digest(key.encode(), body + time.encode(), hashlib.sha256).hex()}"
