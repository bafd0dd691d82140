"""A nursery: a process that has imported everything, and forks dispatchers, which then start at once.

It answers a line of JSON with a line of JSON:

    {"start": ["NAME", "--port", "3000"], "environment": {...}, "log": PATH}    the pid
    {"poll": PID}                                                               the exit code; null while it runs
"""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Start = Callable[[Sequence[str]], None]
"""Be a dispatcher: its name, and its arguments."""


def serve(start: Start) -> None:
    """Answer until there is nobody to ask."""
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line), start)), flush=True)  # noqa: T201 - it was asked


def _answer(asked: Mapping[str, Any], start: Start) -> int | None:
    if "poll" in asked:
        pid, status = os.waitpid(asked["poll"], os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None
    pid = os.fork()
    if not pid:
        _become(asked["environment"], asked["log"])
        start(asked["start"])
        raise SystemExit
    return pid


def _become(environment: Mapping[str, str], log: str) -> None:
    """Be a process of one's own: group, environment and output."""
    os.setsid()
    os.environ.clear()  # noqa: TID251 - not read: it is that of another program
    os.environ.update(environment)  # noqa: TID251 - as above
    nothing, output = os.open(os.devnull, os.O_RDONLY), os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for stream, file in enumerate((nothing, output, output)):
        os.dup2(file, stream)
