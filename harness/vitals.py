"""What every verdict stands on: Inngest and the database. Without them nothing is said about the target.

A dispatcher that somebody else runs is of them too: nobody knows whether it ended by its own fault or was stopped.
"""

from contextlib import closing

import psycopg

from harness.addresses import Addresses
from harness.clients.http import Http
from harness.errors import SetupError
from harness.waiters import OutOfTimeError, until

PATIENCE = 3.0
"""Seconds in which something that is up answers, on a busy machine too."""


def require_alive(addresses: Addresses, *, external: bool, patience: float = PATIENCE) -> None:
    """Make sure that Inngest and the database still answer.

    Args:
        addresses: Where they are.
        external: Whether the platform runs by itself; then its dispatcher must still be there as well.
        patience: Seconds that each may take; 0 for one look.

    Raises:
        SetupError: One is not; what was seen meanwhile may be its doing.
    """
    with closing(Http("Inngest", addresses.engine)) as http:
        try:
            until(lambda: http.answers("/health"), within=patience)
        except OutOfTimeError:
            raise _gone("Inngest", f"nothing answers at {addresses.engine}", external=external) from None
    try:
        psycopg.connect(addresses.dsn, connect_timeout=int(PATIENCE)).close()
    except psycopg.OperationalError as error:
        raise _gone("the database", str(error).strip().splitlines()[0], external=external) from None
    if external:
        _require_listening("the dispatcher", addresses.dispatcher, patience)


def _require_listening(part: str, url: str, patience: float) -> None:
    with closing(Http(part, url)) as http:
        try:
            until(http.listens, within=patience)
        except OutOfTimeError:
            raise _gone(part, f"nothing listens at {url}", external=True) from None


def _gone(part: str, seen: str, *, external: bool) -> SetupError:
    log = "its own log" if external else "its log is in the artifacts; does Docker still run?"
    return SetupError(
        f"{part} to be there from the start of a run to its end.",
        f"it is gone: {seen}.",
        f"see what ended it ({log}), and start {'it and the run' if external else 'the run'} again.",
    )
