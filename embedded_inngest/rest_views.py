"""Events, runs, jobs, functions and options as the REST API shows them."""

from typing import Any

import orjson

from embedded_inngest import wire
from embedded_inngest.apps import Function
from embedded_inngest.clock import NO_ID
from embedded_inngest.driver import ACCOUNT
from embedded_inngest.events import Event
from embedded_inngest.options import Options
from embedded_inngest.queue import Queued
from embedded_inngest.runs import Run

ENVIRONMENT = "00000000-0000-4000-b000-000000000000"
_NEVER = "0001-01-01T00:00:00Z"
_SHOWN_STATUS = {
    "RUNNING": "Running",
    "COMPLETED": "Completed",
    "FAILED": "Failed",
    "CANCELLED": "Cancelled",
}


def event_json(event: Event, account: str = ACCOUNT, environment: str = ENVIRONMENT) -> dict[str, Any]:
    """Show an event."""
    fields = event.fields()
    if not fields["user"]:
        del fields["user"]
    return {
        "internal_id": event.internal_id,
        "account_id": account,
        "environment_id": environment,
        "source": "",
        "source_id": None,
        "received_at": wire.rfc3339(event.received_at),
        **fields,
    }


def run_json(run: Run, environment: str, *, queued: str = "Scheduled") -> dict[str, Any]:
    """Show a run; what it is said to be before it starts, and in which environment, depends on the route."""
    shown: dict[str, Any] = {
        "run_id": run.id,
        "run_started_at": wire.rfc3339(run.queued_at),
        "function_id": run.function.id,
        "function_version": 0,
        "environment_id": environment,
        "event_id": run.event.internal_id,
    }
    if run.original_run_id:
        shown["original_run_id"] = run.original_run_id
    if run.cron is not None:
        shown["cron"] = run.cron
    shown["status"] = _SHOWN_STATUS.get(run.status, queued)
    shown["ended_at"] = wire.rfc3339(run.ended_at) if run.ended_at else None
    if run.listed_output is not None:
        shown["output"] = orjson.Fragment(run.listed_output)
    elif run.ended:
        shown["output"] = {}
    return shown


def job_json(position: int, queued: Queued) -> dict[str, Any]:
    """Show what is still to be done for a run."""
    job = queued.job
    return {
        "JobID": job.id,
        "at": wire.rfc3339(queued.at),
        "position": position,
        "kind": job.kind,
        "attempt": job.attempt,
        "Raw": None,
    }


def plain_function_json(function: Function) -> dict[str, Any]:
    """Show a function."""
    return {
        "internal_id": function.id,
        "app_id": function.app_id,
        "id": function.slug,
        "name": function.name,
        "config": function.config,
        "created_at": wire.rfc3339(function.created_at),
    }


def function_json(function: Function) -> dict[str, Any]:
    """Show a function, with its environment and when it was archived."""
    return {**plain_function_json(function), "env_id": NO_ID, "archived_at": _NEVER}


def start_options(options: Options) -> dict[str, Any]:
    """Show the options under the names the real server shows them."""
    interval = options.retry_interval or 0
    shown = {
        "dir": "",
        "urls": list(options.urls),
        "autodiscover": options.discovery,
        "poll": options.poll,
        "poll_interval": options.poll_interval,
        "tick": options.tick * 1_000_000,
        "retry_interval": int(interval) if float(interval).is_integer() else interval,
    }
    return shown | _newer_options(options) if options.release.shows_modes else shown


def _newer_options(options: Options) -> dict[str, Any]:
    return {
        "queue_workers": options.queue_workers,
        "require_keys": False,
        "connectGatewayPort": 8289,
        "connectGatewayHost": "127.0.0.1",
        "connectGRPCConfig": {
            "Gateway": {"IP": "127.0.0.1", "Port": 50052},
            "Executor": {"IP": "127.0.0.1", "Port": 50053},
        },
        "NoUI": False,
        "persist": False,
        "redis_uri": "",
        "postgres_uri": "",
        "postgres-max-idle-conns": 10,
        "postgres-max-open-conns": 100,
        "postgres-conn-max-idle-time": 5,
        "postgres-conn-max-lifetime": 30,
        "sqlite_dir": "",
        "debugAPIPort": 7777,
    }
