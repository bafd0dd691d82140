"""Where the parts of a running stack are: all that a client, or another process of the run, needs to know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from harness.targets.vault import PUBLIC


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the parts of a running stack are.

    Attributes:
        engine: URL of Inngest.
        dispatcher: URL of the dispatcher.
        kernel: URL of the kernel; empty where the target has none.
        dsn: The database that the dispatcher writes to.
        logs: Folder of the parts' logs; empty when somebody else keeps them.
        event_key: Key under which events are published.
        signing_key: Key with which Inngest signs; empty in dev mode.
        app: The app's id.
        function: The dispatcher's function in it.
        serve: Path of the dispatcher's endpoint for Inngest.
    """

    engine: str
    dispatcher: str
    kernel: str
    dsn: str = field(repr=False)
    logs: str
    event_key: str = field(repr=False)
    signing_key: str = field(default="", repr=False)
    app: str
    function: str
    serve: str

    @property
    def slug(self) -> str:
        """The dispatcher's function as Inngest names it."""
        return f"{self.app}-{self.function}"

    @property
    def secrets(self) -> Mapping[str, str]:
        """What must not be shown anywhere, by names that may be."""
        password = str(conninfo_to_dict(self.dsn).get("password", ""))
        named = {"database password": password, "event key": self.event_key, "signing key": self.signing_key}
        return {name: secret for name, secret in named.items() if secret not in ("", PUBLIC)}

    @property
    def mode(self) -> Literal["dev", "start"]:
        """Whether Inngest checks keys and signs."""
        return "start" if self.signing_key else "dev"


def database_url(dsn: str, database: str) -> str:
    """Return the URL of another database of the same server; URLs are what every language's driver takes."""
    parts = conninfo_to_dict(dsn)
    user, password = (quote(str(parts.get(part, "")), safe="") for part in ("user", "password"))
    return f"postgresql://{user}:{password}@{parts['host']}:{parts['port']}/{quote(database, safe='')}"
