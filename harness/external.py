"""A stack that runs by itself: the suite knows where its parts are, and disturbs what it was given commands for."""

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg

from harness.addresses import Addresses
from harness.clients.http import Http
from harness.errors import Inconclusive, SetupError
from harness.services import Part
from harness.settings import Settings
from harness.targets import Control, Inngest, Target
from harness.targets.commands import output_of
from harness.waiters import OutOfTimeError, until

READY_WITHIN = 30.0
"""Seconds that a part of somebody's platform may take to answer again."""

TO_CONNECT = 2
"""Seconds that a connection to the database may take."""


class ExternalPart:
    """A part of somebody's platform, stopped and started by its owner's commands.

    Args:
        name: What messages call it.
        url: Where it answers.
        health: Path that answers as soon as it is up.
        control: The owner's commands; None when nobody may disturb it.
        folder: Where the commands run.
        within: Seconds that it may take to answer.
        on_stop: Is told before it is stopped.
    """

    def __init__(
        self,
        name: str,
        url: str,
        health: str,
        *,
        control: Control | None,
        folder: Path,
        within: float,
        on_stop: Callable[[], None],
    ) -> None:
        self.name = name
        self.url = url
        self._health = health
        self._control = control
        self._folder = folder
        self._within = within
        self._on_stop = on_stop

    def launch(self) -> None:
        """Run the owner's command that starts it."""
        self._run(self._allowed().start)

    def wait(self) -> None:
        """Wait until it answers.

        Raises:
            SetupError: It does not.
        """
        with closing(Http(self.name, self.url)) as http:
            try:
                until(lambda: http.answers(self._health), within=self._within)
            except OutOfTimeError:
                raise SetupError(
                    f"{self.name} to answer at {self.url}{self._health} within {self._within:g} s.",
                    "nothing answers there, or only with a status from 500 on.",
                    f"see whether {self.name} is up, and start in [control.{self.name}] of the target's file.",
                ) from None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.launch()
        self.wait()

    def stop(self) -> None:
        """Run the owner's command that stops it, and see that it does.

        Raises:
            Inconclusive: It does not, or nobody may.
        """
        command = self._allowed().stop
        self._on_stop()
        self._end(command)

    def kill(self) -> None:
        """Run the owner's command that ends it at once, and see that it does.

        Raises:
            Inconclusive: It does not, nobody may, or nobody said how.
        """
        command = self._allowed().kill
        if not command:
            raise self._unknown("kill", f"end {self.name} at once, as a crash would")
        self._end(command)

    def _end(self, command: Sequence[str]) -> None:
        self._run(command)
        with closing(Http(self.name, self.url)) as http:
            try:
                until(lambda: not http.answers(self._health), within=self._within)
            except OutOfTimeError:
                self._run(self._allowed().start)  # it may still go down a moment later
                raise Inconclusive(
                    f"{self.name} to be down after `{' '.join(command)}`.",
                    f"it still answers at {self.url}{self._health}.",
                    f"correct it in [control.{self.name}]; or does something start it again at once?",
                ) from None

    def restart(self) -> None:
        """Stop it, empty its store if the owner says how, and start it again in any case."""
        self.stop()
        try:
            if self._allowed().clear:
                self._run(self._allowed().clear)
        finally:
            self.start()

    def clear(self) -> None:
        """Stop it and run the owner's command that empties its store; it is left up if there is none.

        Raises:
            Inconclusive: Nobody may do that, or nobody said how.
        """
        command = self._allowed().clear
        if not command:
            raise self._unknown("clear", f"empty the store of {self.name}")
        self.stop()
        self._run(command)

    def _unknown(self, verb: str, purpose: str) -> Inconclusive:
        return Inconclusive(
            f"a way to {purpose}.",
            "the target names none.",
            f"name the command as {verb} in [control.{self.name}] of the target's file, or waive the requirement.",
        )

    def _allowed(self) -> Control:
        return _allowed(self._control, self.name)

    def _run(self, command: Sequence[str]) -> None:
        output_of(command, self._folder, key=f"[control.{self.name}]")


class ExternalDatabase:
    """The database of somebody's platform, stopped and started by its owner's commands.

    Args:
        settings: May give it more time.
        target: Says where it is, and how it is stopped.
    """

    def __init__(self, settings: Settings, target: Target) -> None:
        self._target = target
        self._within = settings.within(READY_WITHIN)

    def kill(self) -> None:
        """Run the owner's command that takes it away, and see that it does.

        Raises:
            Inconclusive: It does not, or nobody may.
        """
        control = self._allowed()
        self._run(control.stop)
        try:
            until(lambda: not self._answers(), within=self._within)
        except OutOfTimeError:
            self._run(control.start)
            raise Inconclusive(
                f"the database to be down after `{' '.join(control.stop)}`.",
                "it still takes connections.",
                "correct stop in [control.database]; or does something start it again at once?",
            ) from None

    def start(self) -> None:
        """Run the owner's command that starts it, and wait until it takes connections.

        Raises:
            SetupError: It does not.
        """
        self._run(self._allowed().start)
        try:
            until(self._answers, within=self._within)
        except OutOfTimeError:
            raise SetupError(
                f"the database to take connections within {self._within:g} s.",
                "it does not.",
                "see whether it is up, and start in [control.database] of the target's file.",
            ) from None

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._target.dsn, connect_timeout=TO_CONNECT).close()
        except psycopg.OperationalError:
            return False
        return True

    def _allowed(self) -> Control:
        return _allowed(self._target.control.get("database"), "database")

    def _run(self, command: Sequence[str]) -> None:
        output_of(command, self._target.folder, key="[control.database]")


def _allowed(control: Control | None, name: str) -> Control:
    if control is None:
        raise Inconclusive(
            f"a way to stop and start {name}.",
            f"the target names none, and nobody else may disturb {name}.",
            f"name the commands in [control.{name}] of the target's file, or waive the requirement there.",
        )
    return control


class ExternalStack:
    """A running platform as the tests see it.

    Args:
        settings: May give its parts more time.
        target: Says where they are.
        on_inngest_stop: Is told before Inngest is stopped, which may forget all that it stored.

    Attributes:
        addresses: Where its parts are.
        engine: Its Inngest.
        dispatcher: Its dispatcher.
    """

    def __init__(
        self, settings: Settings, target: Target, *, on_inngest_stop: Callable[[], None] = lambda: None
    ) -> None:
        inngest = _inngest_of(target)
        self.addresses = Addresses(
            engine=inngest.url,
            dispatcher=target.dispatcher.url,
            kernel=target.kernel.url,
            dsn=target.dsn,
            logs="",
            event_key=inngest.event_key,
            signing_key=inngest.signing_key if inngest.mode == "start" else "",
            app=target.app.id,
            function=target.app.function,
            serve=target.dispatcher.serve,
        )
        within = settings.within(READY_WITHIN)
        part = partial(_part, target, within, on_stop=lambda: None)
        self.engine: Part = part("inngest", inngest.url, "/health", on_stop=on_inngest_stop)
        self.dispatcher: Part = part("dispatcher", target.dispatcher.url, target.dispatcher.health)


def _part(
    target: Target, within: float, name: str, url: str, health: str, *, on_stop: Callable[[], None]
) -> ExternalPart:
    control = target.control.get(name)
    return ExternalPart(name, url, health, control=control, folder=target.folder, within=within, on_stop=on_stop)


def _inngest_of(target: Target) -> Inngest:
    if target.inngest is None:
        message = f"the target {target.name} does not run by itself"
        raise ValueError(message)
    return target.inngest
