"""SEC-03: the dispatcher speaks TLS to whom the webhook names, and to nobody else."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from fixtures.journeys import Publish
from harness.errors import Inconclusive, UnmetError
from harness.journey import ENDS_WITHIN, Journey
from harness.receiver.receiver import LOOPBACK_OF, Receiver
from harness.receiver.tls import TRUSTED, Authority, TlsFront
from harness.targets import Target
from harness.webhooks import Webhook, Webhooks

ONCE = {"maxAttempts": 1, "backoffMs": 20}

Fronts = Mapping[str, TlsFront]


@pytest.fixture(scope="module")
def fronts(session_folder: Path, receiver: Receiver, target: Target) -> Iterator[Fronts]:
    """Servers before the receiver that show certificates: a good one, and those that must be refused."""
    place, listen = urlsplit(receiver.url("/")), target.receiver.listen
    host, behind = str(place.hostname), (LOOPBACK_OF.get(listen, listen), int(place.port or 0))
    with ExitStack() as opened:
        yield {
            name: opened.enter_context(closing(TlsFront(context, listen=listen, host=host, behind=behind).start()))
            for name, context in Authority(session_folder).contexts(host).items()
        }


@pytest.mark.requirement("SEC-03")
def test_bad_certificate_gets_no_request(fronts: Fronts, webhooks: Webhooks, publish: Publish) -> None:
    """A server whose certificate is self-signed, expired or another host's hears nothing, and the row says failed."""
    paths = {name: f"/{webhooks.tenant}/tls-{place}" for place, name in enumerate(fronts)}
    endpoints = {
        name: webhooks.create(url=fronts[name].url(path), path=path, retry_config=ONCE) for name, path in paths.items()
    }

    journey = publish()

    trusted = endpoints.pop(TRUSTED)
    journey.ends(2 * ENDS_WITHIN)
    final = {name: [row.status for row in journey.rows(webhook, count=1)] for name, webhook in endpoints.items()}
    must_not_be_told({name: fronts[name] for name in endpoints})
    assert final == {name: ["failed"] for name in endpoints}
    require_delivered(journey, trusted, fronts[TRUSTED])


def must_not_be_told(fronts: Fronts) -> None:
    """Check that no byte of a request came to a server.

    Raises:
        UnmetError: One did.
    """
    if told := [f"{name}: {front.received} bytes" for name, front in fronts.items() if front.received]:
        raise UnmetError(
            "nothing of a request for a server whose certificate is not good for its host.",
            f"received in spite of the certificate: {'; '.join(told)}.",
            "verify the chain, the dates and the host of the certificate, never with `verify=False`.",
            hop="delivered",
        )


def require_delivered(journey: Journey, webhook: Webhook, front: TlsFront) -> None:
    """Make sure that a good certificate is taken: who refuses all of them has looked neither at dates nor at hosts.

    Raises:
        Inconclusive: It is not.
    """
    try:
        journey.arrives(webhook, within=2.0)
    except UnmetError:
        raise Inconclusive(
            "a server with a certificate of the run's own authority to be delivered to, as all others are refused.",
            f"it is not: {'; '.join(front.refusals) or 'nobody came as far as TLS'}.",
            "a dispatcher that the suite starts is told of that authority by SSL_CERT_FILE; elsewhere waive SEC-03.",
        ) from None
