"""What each Locust process publishes: its share of the events, as fast as it can or at its share of the rate.

`load.publishing` starts it. On a further machine, from the folder of the repository:
`.venv/bin/locust -f load/locustfile.py --worker --master-host HOST`.
"""

import json
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import gevent  # type: ignore[import-untyped] # has no types of its own
from locust import FastHttpUser, constant, constant_throughput, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.exception import StopUser
from locust.runners import WorkerRunner

from harness.clients.inngest_answers import parsed

PUBLISHED = "published"
OPTIONS = ("load-events", "load-pace", "load-data", "load-prefix", "load-event-key", "load-workers", "load-file")
"""What the master tells its workers; `load-pace` is one user's events a second, `load-file` the master's own."""

Sent = tuple[str, str, float]
"""The sender's id, Inngest's (empty if it did not accept the event), and when."""


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator] # Locust's own
def add_options(parser: LocustArgumentParser) -> None:
    """Take the options of a load, from the environment: a command line is for everybody to read."""
    for option in OPTIONS:
        parser.add_argument(f"--{option}", env_var=option.replace("-", "_").upper(), default="", is_secret=True)


@events.init.add_listener  # type: ignore[untyped-decorator] # Locust's own
def collect(environment: Environment, **_: Any) -> None:
    """Have whoever is not a worker write down what was sent, and end when that is all."""
    if environment.runner is not None and not isinstance(environment.runner, WorkerRunner):
        environment.runner.register_message(PUBLISHED, Collector(environment).collect)


class Collector:
    """Writes down what all processes sent."""

    def __init__(self, environment: Environment) -> None:
        options: Any = environment.parsed_options
        self._file = Path(options.load_file)
        self._missing = int(options.load_events)

    def collect(self, environment: Environment, msg: Any, **_: Any) -> None:
        """Take one event; the last ends the load."""
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(msg.data) + "\n")
        self._missing -= 1
        if not self._missing and environment.runner is not None:
            gevent.spawn(environment.runner.quit)  # which ends the user that has just told us


class Publisher(FastHttpUser):
    """Publishes events until the share of its process is done."""

    left: Iterator[int] | None = None

    def on_start(self) -> None:
        """Take part in the share."""
        self._options: Any = self.environment.parsed_options
        pace = float(self._options.load_pace)
        self._pace = constant_throughput(pace) if pace else constant(0)
        if Publisher.left is None:
            runner = self.environment.runner
            first = runner.worker_index if isinstance(runner, WorkerRunner) else 0
            Publisher.left = iter(range(first, int(self._options.load_events), int(self._options.load_workers)))

    def wait_time(self) -> float:
        """Return the seconds until the next event."""
        return self._pace(self)

    @task
    def publish(self) -> None:
        """Publish one event and tell the one who writes it down."""
        number = next(Publisher.left or iter(()), None)
        if number is None or self.environment.runner is None:
            raise StopUser
        sent = self._send(f"{self._options.load_prefix}-{number}")
        self.environment.runner.send_message(PUBLISHED, sent)

    def _send(self, event_id: str) -> Sent:
        event = {"name": "policy/bound", "data": json.loads(self._options.load_data), "id": event_id}
        path, at = f"/e/{self._options.load_event_key}", time.time()
        answer = self.client.post(path, json=event, name="/e")
        found = parsed(answer.text)
        ids = found.get("ids") if isinstance(found, dict) else None
        return event_id, ids[0] if ids and answer.status_code == HTTPStatus.OK else "", at
