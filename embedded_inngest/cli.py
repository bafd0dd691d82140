"""The command line, as that of the real server: `dev`, `start` and `version`."""

import argparse
import asyncio
import gc
import json
import logging
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedded_inngest import settings
from embedded_inngest.errors import RefusedKeyError, StartError
from embedded_inngest.flags import COMPAT, DEV, START, VERSION, flags_of
from embedded_inngest.options import Options
from embedded_inngest.release import RELEASES, Release
from embedded_inngest.signing import read_event_keys, read_signing_key

if TYPE_CHECKING:
    from embedded_inngest.app import App
    from embedded_inngest.engine import Engine

_DEFAULTS = Options()
_BACKLOG = 2048
_COLLECT_EVERY = 50_000
"""New objects between two searches for unused cycles: most are kept, and looking at all of them again is dear."""

_FOLDER = ".inngest"
_NEWEST = "1.43"
_PURPOSES = {
    DEV: "run a dev server",
    START: "run a server that wants keys and signs",
    VERSION: "print the version",
}
_LEVELS = {"trace": logging.DEBUG, "debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING}
_TEXT_LINE = "%(asctime)s %(levelname)s %(message)s"


def main(arguments: Sequence[str], app: "Callable[[Engine], App] | None" = None) -> int:
    """Run the engine until it is told to stop; return the exit code.

    Args:
        arguments: The command line without the program's name.
        app: Makes what answers for the engine, in place of `App`; whoever wants another behaviour gives one.
    """
    parsed = _parser().parse_args(arguments)
    try:
        given = _given(parsed)
        release = RELEASES[given.get("compat") or _NEWEST]
        if parsed.command == VERSION:
            print(release.version)  # noqa: T201 (the command's output)
            return 0
        options = _options(parsed.command, given, release)
        _log(options)
        _run(options, _listen(options.host, options.port), app)
    except (StartError, RefusedKeyError) as error:
        print(error, file=sys.stderr)  # noqa: T201 (the user's one line)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="embedded_inngest", description=__doc__)
    COMPAT.add_to(parser)
    commands = parser.add_subparsers(dest="command", required=True)
    for command, purpose in _PURPOSES.items():
        runs = commands.add_parser(command, help=purpose, allow_abbrev=False)
        for flag in flags_of(command):
            flag.add_to(runs)
        runs.add_argument("-l", "--log-level", default=_DEFAULTS.log_level, help="trace, debug, info, warn or error")
        runs.add_argument("-v", "--verbose", dest="log_level", action="store_const", const="debug", help="log all")
        runs.add_argument("--json", dest="json_logs", action="store_true", help="log as JSON")
    return parser


def _given(parsed: argparse.Namespace) -> dict[str, Any]:
    """Return what is said of each flag, by the command line or else by the environment."""
    said = {"json_logs": parsed.json_logs, "log_level": settings.log_level() or parsed.log_level}
    variables = settings.variables()
    for flag in flags_of(parsed.command):
        on_command_line = getattr(parsed, flag.name, None)
        value = variables.get(flag.name) if on_command_line is None else on_command_line
        if value and not flag.imitated:
            raise StartError(
                expected="what the embedded engine imitates.",
                seen=f"{flag.variable if on_command_line is None else f'--{flag.name}'}.",
                then="leave it out, or use a real Inngest.",
            )
        if value is not None:
            said[flag.name] = value
    return said


def _options(command: str, given: Mapping[str, Any], release: Release) -> Options:
    signed = command == START
    _check_known(START if signed and not release.signed_mode else None, release)
    _check_known("--persist" if given.get("persist") and not release.persists else None, release)
    return Options(
        release=release,
        signing_key=read_signing_key(given.get("signing-key", "")) if signed else None,
        event_keys=read_event_keys(tuple(given.get("event-key", ()))) if signed else (),
        urls=tuple(given.get("sdk-url", ())),
        host=given.get("host") or _DEFAULTS.host,
        port=given.get("port", _DEFAULTS.port),
        discovery=not (signed or given.get("no-discovery")),
        poll=not (signed or given.get("no-poll")),
        poll_interval=given.get("poll-interval") or _DEFAULTS.poll_interval,
        retry_interval=given.get("retry-interval") or None,
        tick=given.get("tick") or _DEFAULTS.tick,
        queue_workers=given.get("queue-workers", _DEFAULTS.queue_workers),
        ui=not given.get("no-ui"),
        store=Path(given.get("sqlite-dir") or _FOLDER).absolute() if signed or given.get("persist") else None,
        log_level=given["log_level"],
        json_logs=given["json_logs"],
    )


def _check_known(unknown: str | None, release: Release) -> None:
    """Refuse what the imitated release does not have."""
    if unknown:
        raise StartError(
            expected=f"what v{release.imitated} has.",
            seen=f"{unknown}.",
            then=f"leave it out, or leave --{COMPAT.name} out.",
        )


def _log(options: Options) -> None:
    level = _LEVELS.get(options.log_level.lower(), logging.ERROR)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if options.json_logs else logging.Formatter(_TEXT_LINE))
    logging.basicConfig(level=level, handlers=[handler])


class _JsonLines(logging.Formatter):
    """Writes each record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"time": self.formatTime(record), "level": record.levelname, "msg": record.getMessage()}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        raise StartError(
            expected=f"port {port} to be free.",
            seen=f"{getattr(error, 'strerror', None) or error} on {host}.",
            then="stop what listens there, or give another --port (0 takes a free one).",
        ) from None
    return listener


def _run(options: Options, listener: socket.socket, app: "Callable[[Engine], App] | None") -> None:
    import uvloop  # noqa: PLC0415 (not needed to say that a port is taken)

    gc.set_threshold(_COLLECT_EVERY)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(options, listener, app))


async def _serve(options: Options, listener: socket.socket, app: "Callable[[Engine], App] | None") -> None:
    from embedded_inngest.app import App  # noqa: PLC0415 (see above)
    from embedded_inngest.server import Server  # noqa: PLC0415 (see above)
    from embedded_inngest.store import Store  # noqa: PLC0415 (see above)

    server = Server(options, listener, Store.open(options.store) if options.store else None, app or App)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    async with server:
        host, port = listener.getsockname()[:2]
        mode = ", signed" if options.signing_key else ""
        print(f"listening on http://{host}:{port}{mode}", flush=True)  # noqa: T201 (what the one who started us waits for)
        await server.stopped()
