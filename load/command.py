"""One load from end to end: bring up what is judged, publish, follow, reconcile, report, and clean up."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

from harness.addresses import Addresses
from harness.clients.inngest import InngestClient
from harness.redaction import Redactor
from harness.report import terminal
from harness.services import Ground
from harness.session import READY_WITHIN, Session, write_json
from harness.settings import Settings
from harness.targets import Target
from load.endpoints import Endpoints, endpoints
from load.following import Following
from load.outcome import Outcome
from load.publishing import PORT, Publishing
from load.reconciliation import Reconciliation
from load.settings import LoadSettings

Say = Callable[[str], None]


class Command:
    """Runs one load.

    Args:
        load: How much.
        settings: What to start.
        target: Who is judged.
        say: Told what is going on.
    """

    def __init__(self, load: LoadSettings, settings: Settings, target: Target, say: Say) -> None:
        self._load = load
        self._settings = settings.slowed(target.timeouts.scale)
        self._target = target
        self._redactor = Redactor(target.secrets)
        self._say: Say = lambda line: say(self._redactor.text(line))

    def run(self) -> int:
        """Run it and return the exit code.

        Raises:
            SetupError: It could not be tried.
        """
        with closing(Session(self._settings, self._target, self._redactor, self._say)) as session:
            addresses = session.start_stack()
            for line in (*terminal.header(session.engine, session.database, session.notes), self._intent()):
                self._say(line)
            outcome = self._judge(session, addresses)
            for line in ("", *outcome.lines()):
                self._say(line)
            receipt = session.visit.end() if session.visit else None
            for line in receipt.lines() if receipt else ():
                self._say(line)
            self._write(session, outcome)
        self._say(f"VERDICT: {terminal.MEANINGS[outcome.exit_code]} (exit {outcome.exit_code})")
        return outcome.exit_code

    def _judge(self, session: Session, addresses: Addresses) -> Outcome:
        tenant = f"{session.tag.tenants}load"
        ground = Ground(
            logs=session.logs,
            folder=session.folder,
            reaper=session.reaper,
            within=self._settings.within(READY_WITHIN),
        )
        publishing = Publishing(
            settings=self._load,
            addresses=addresses,
            tenant=tenant,
            folder=session.folder,
            log=session.logs / "locust.log",
            reaper=session.reaper,
        )
        count, tag = self._load.webhooks, session.tag
        with endpoints(
            self._settings, self._target, addresses, ground, count=count, tag=tag, tenant=tenant
        ) as receiving:
            return self._follow(addresses, publishing, receiving)

    def _follow(self, addresses: Addresses, publishing: Publishing, receiving: Endpoints) -> Outcome:
        inngest = InngestClient(addresses.engine, addresses.event_key, addresses.signing_key)
        with (
            closing(inngest.http),
            closing(Reconciliation(addresses.dsn, self._target, receiving.paths.values())) as books,
        ):
            following = Following(
                books,
                receiving.arrivals,
                inngest,
                slug=addresses.slug,
                within=self._settings.within,
                retry=self._target.timeouts.retry,
            )
            published = publishing.publish(meanwhile=following.look)
            return following.to_the_end(published, late_after=self._load.late)

    def _intent(self) -> str:
        load = self._load
        pace = f"at {load.rate:g} a second" if load.rate else "all at once"
        where = (
            f"{load.remote_workers} workers of other machines, who ask at port {PORT}"
            if load.remote_workers
            else f"{load.workers} processes"
        )
        return f"load: {load.events} events for {load.webhooks} webhooks of {self._target.name}, {pace}, by {where}"

    def _write(self, session: Session, outcome: Outcome) -> None:
        whole: dict[str, Any] = {
            "engine": session.engine,
            "database": session.database,
            "target": self._target.name,
            "notes": session.notes,
            "rate": self._load.rate,
            "publishers": self._load.publishers,
            **outcome.as_json(),
        }
        file = self._settings.artifacts / "load.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(file, self._redactor.everything(whole))
