"""The hook of Python, which loads it as `sitecustomize`: names of the plan get its answers, its addresses are moved."""

import json
import socket
import sys
from collections import Counter
from pathlib import Path
from threading import Lock
from typing import Any

FOLDER = Path(__file__).parent
PLAN = json.loads((FOLDER / "plan.json").read_text())

sys.modules["uvloop"] = None  # type: ignore[assignment] # it looks names up past this module; asyncio's own loop does not

_lock = Lock()
_seen: Counter[str] = Counter()
_getaddrinfo = socket.getaddrinfo
_connect, _connect_ex = socket.socket.connect, socket.socket.connect_ex


def _note(what: str) -> None:
    with (FOLDER / "noted").open("a") as notes:
        notes.write(f"{what}\n")


def _answer(host: Any, family: int) -> str | None:
    name = host.decode() if isinstance(host, bytes) else host
    if name not in PLAN["names"]:
        return None
    if family == socket.AF_INET6:
        raise socket.gaierror(socket.EAI_NONAME, "the name has no address of this family")
    with _lock:
        _note(f"look-up {name}")
        answers = PLAN["names"][name]
        _seen[name] += 1
        return str(answers[min(_seen[name], len(answers)) - 1])


def getaddrinfo(  # noqa: D103 - the function that it stands for
    host: Any,
    port: Any,
    family: int = 0,
    type: int = 0,  # noqa: A002 - its name
    proto: int = 0,
    flags: int = 0,
) -> Any:
    return _getaddrinfo(_answer(host, family) or host, port, family, type, proto, flags)


def gethostbyname(hostname: str) -> str:  # noqa: D103 - the function that it stands for
    return str(getaddrinfo(hostname, None, socket.AF_INET)[0][4][0])


def _moved(address: Any) -> Any:
    place = PLAN["moved"].get(address[0]) if isinstance(address, tuple) else None
    if place is None:
        return address
    _note(f"connection {address[0]}")
    return (*place, *address[2:])


def connect(self: socket.socket, address: Any) -> None:  # noqa: D103 - the method that it stands for
    _connect(self, _moved(address))


def connect_ex(self: socket.socket, address: Any) -> int:  # noqa: D103 - the method that it stands for
    return _connect_ex(self, _moved(address))


socket.getaddrinfo, socket.gethostbyname = getaddrinfo, gethostbyname
socket.socket.connect, socket.socket.connect_ex = connect, connect_ex  # type: ignore[assignment,method-assign] # in place of the real ones
