"""TLS before the receiver: fronts that show certificates, good and bad ones, and keep what came of each connection."""

import contextlib
import datetime as dt
import socket
import socketserver
import ssl
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

TRUSTED = "a trusted one"
ELSEWHERE = "elsewhere.example.com"
POLL = 0.05
"""Seconds within which a front notices that it is to stop."""

PATIENCE = 5.0
"""Seconds for a handshake, and for whatever is said after it."""

DAY = dt.timedelta(days=1)


class Authority:
    """An authority of certificates that nobody but the dispatchers of one run is told to trust.

    Args:
        folder: Where its certificate and its key are, or will be.
    """

    def __init__(self, folder: Path) -> None:
        self._certificate, self._key = folder / "authority.pem", folder / "authority.key"

    def create(self) -> None:
        """Make it, for all processes that share the folder."""
        made = trustme.CA()
        self._write(made.cert_pem.bytes(), made.private_key_pem.bytes())

    def copy(self, other: "Authority") -> None:
        """Be another one, which the dispatchers trust already."""
        self._write(other._certificate.read_bytes(), other._key.read_bytes())  # noqa: SLF001 - it is one of us

    def _write(self, certificate: bytes, key: bytes) -> None:
        self._certificate.write_bytes(certificate)
        self._key.touch(mode=0o600)
        self._key.write_bytes(key)

    @property
    def environment(self) -> dict[str, str]:
        """What a process is told to trust it: OpenSSL and Go read the first, Node the second."""
        return dict.fromkeys(("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"), str(self._certificate))

    def contexts(self, host: str) -> Mapping[str, ssl.SSLContext]:
        """Return how to be a server at `host` well, as `TRUSTED`, and in each of the ways that must be refused."""
        own = trustme.CA.from_pem(self._certificate.read_bytes(), self._key.read_bytes())
        now = dt.datetime.now(dt.UTC)
        issued = {
            TRUSTED: own.issue_cert(host),
            "an expired one": own.issue_cert(host, not_before=now - 3 * DAY, not_after=now - DAY),
            "another host's": own.issue_cert(ELSEWHERE),
            "an unknown authority's": trustme.CA().issue_cert(host),
        }
        pems = {name: leaf.private_key_and_cert_chain_pem for name, leaf in issued.items()}
        return {name: _context(each) for name, each in (pems | {"self-signed": _self_signed(issued[TRUSTED])}).items()}


class TlsFront:
    """A server that ends TLS and hands what is inside to the receiver behind.

    Args:
        context: The certificate that it shows.
        listen: Address to listen on.
        host: What URLs call it.
        behind: Where the receiver listens.
    """

    def __init__(self, context: ssl.SSLContext, *, listen: str, host: str, behind: tuple[str, int]) -> None:
        self.context = context
        self.behind = behind
        self.handshakes = 0
        self.refusals: list[str] = []
        self.received = 0
        self._host = host
        self._server = _Server((listen, 0), _Visit, bind_and_activate=True)
        self._server.front = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(POLL,), daemon=True)

    def start(self) -> Self:
        self._thread.start()
        return self

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def url(self, path: str) -> str:
        """Return the URL under which the dispatcher reaches a path of the receiver."""
        return f"https://{self._host}:{self._server.server_address[1]}{path}"


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    front: TlsFront


class _Visit(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        """Shake hands; of whoever accepts the certificate pass on what it says, and the answer back."""
        assert isinstance(self.server, _Server)  # noqa: S101 - it makes this handler
        front = self.server.front
        self.request.settimeout(PATIENCE)
        try:
            inside = front.context.wrap_socket(self.request, server_side=True)
        except OSError as error:
            front.refusals.append(str(error))
            return
        front.handshakes += 1
        with contextlib.suppress(OSError), inside, socket.create_connection(front.behind) as behind:
            answering = threading.Thread(target=_answer, args=(behind, inside), daemon=True)
            answering.start()
            while said := inside.recv(65536):
                front.received += len(said)
                behind.sendall(said)
            behind.shutdown(socket.SHUT_WR)
            answering.join(PATIENCE)


def _answer(behind: socket.socket, inside: ssl.SSLSocket) -> None:
    with contextlib.suppress(OSError):
        while answer := behind.recv(65536):
            inside.sendall(answer)
        inside.shutdown(socket.SHUT_RDWR)


def _context(pems: trustme.Blob) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with pems.tempfile() as file:
        context.load_cert_chain(file)
    return context


def _self_signed(leaf: trustme.LeafCert) -> trustme.Blob:
    """Return a certificate that is like another one, but for its issuer: nobody but itself."""
    model = x509.load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes())
    key = serialization.load_pem_private_key(leaf.private_key_pem.bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)  # noqa: S101 - trustme's default
    names = model.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    signed = (
        x509.CertificateBuilder()
        .subject_name(model.subject)
        .issuer_name(model.subject)
        .public_key(model.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(model.not_valid_before_utc)
        .not_valid_after(model.not_valid_after_utc)
        .add_extension(names.value, critical=names.critical)
        .sign(key, hashes.SHA256())
    )
    return trustme.Blob(leaf.private_key_pem.bytes() + signed.public_bytes(serialization.Encoding.PEM))
