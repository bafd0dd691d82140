"""The command line, with the flags of `inngest dev`."""

import argparse
import asyncio
import json
import logging
import signal
import socket
import sys
from collections.abc import Sequence

from embedded_inngest import VERSION
from embedded_inngest.errors import StartError
from embedded_inngest.options import Options

_DEFAULTS = Options()
_BACKLOG = 2048
_LEVELS = {"trace": logging.DEBUG, "debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING}
_TEXT_LINE = "%(asctime)s %(levelname)s %(message)s"


def main(arguments: Sequence[str]) -> int:
    """Run the engine until it is told to stop; return the exit code."""
    parsed = _parser().parse_args(arguments)
    if parsed.command == "version":
        print(VERSION)  # noqa: T201 (the command's output)
        return 0
    options = _options(parsed)
    _log(options)
    try:
        listener = _listen(options.host, options.port)
    except StartError as error:
        print(error, file=sys.stderr)  # noqa: T201 (the user's one line)
        return 1
    _run(options, listener)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="embedded_inngest", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("version", help="print the version")
    dev = commands.add_parser("dev", help="run the server")
    dev.add_argument("-u", "--sdk-url", dest="urls", action="append", default=[], help="app to ask for its functions")
    dev.add_argument("--host", default=_DEFAULTS.host, help="address to listen on")
    dev.add_argument("-p", "--port", type=int, default=_DEFAULTS.port, help="port to listen on; 0 takes a free one")
    dev.add_argument("--no-discovery", action="store_true", help="accepted; there never is any discovery")
    dev.add_argument("--no-poll", action="store_true", help="ask only broken apps again")
    dev.add_argument("--poll-interval", type=float, default=_DEFAULTS.poll_interval, help="seconds between two askings")
    dev.add_argument("--retry-interval", type=float, default=None, help="seconds before every retry")
    dev.add_argument("--tick", type=int, default=_DEFAULTS.tick, help="accepted; nothing waits for a tick")
    dev.add_argument("--queue-workers", type=int, default=_DEFAULTS.queue_workers, help="requests at once")
    dev.add_argument("-l", "--log-level", default=_DEFAULTS.log_level, help="trace, debug, info, warn or error")
    dev.add_argument("-v", "--verbose", dest="log_level", action="store_const", const="debug", help="log everything")
    dev.add_argument("--json", dest="json_logs", action="store_true", help="log as JSON")
    return parser


def _options(parsed: argparse.Namespace) -> Options:
    return Options(
        urls=tuple(url for given in parsed.urls for url in given.split(",")),
        host=parsed.host,
        port=parsed.port,
        discovery=not parsed.no_discovery,
        poll=not parsed.no_poll,
        poll_interval=parsed.poll_interval,
        retry_interval=parsed.retry_interval or None,
        tick=parsed.tick,
        queue_workers=parsed.queue_workers,
        log_level=parsed.log_level,
        json_logs=parsed.json_logs,
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
    except OSError as error:
        listener.close()
        raise StartError(
            expected=f"port {port} to be free.",
            seen=f"{error.strerror or error} on {host}.",
            then="stop what listens there, or give another --port (0 takes a free one).",
        ) from None
    return listener


def _run(options: Options, listener: socket.socket) -> None:
    import uvloop  # noqa: PLC0415 (not needed to say that a port is taken)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(options, listener))


async def _serve(options: Options, listener: socket.socket) -> None:
    from embedded_inngest.server import Server  # noqa: PLC0415 (see above)

    server = Server(options, listener)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    async with server:
        host, port = listener.getsockname()[:2]
        print(f"listening on http://{host}:{port}", flush=True)  # noqa: T201 (what the one who started us waits for)
        await server.stopped()
