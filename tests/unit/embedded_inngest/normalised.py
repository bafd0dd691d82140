"""Makes what two servers said comparable: ids, times, ports, versions and stack traces become names.

An id becomes its kind and the number of its first appearance, `<ulid 2>`: equal ids stay equal and different ones
different, so that a run id in a header that isn't the one in the body is a difference. Everything else stays as it is.
"""

import base64
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

PROBE_APP_ID = "5b4985f2-1497-5abd-b0a8-2ee5b7dbed75"
"""The id of an app is made of its name alone, so it is the same on each server."""

TRANSPORT = frozenset({"accept-encoding", "connection", "content-length", "date", "host", "transfer-encoding"})
"""Headers that say how something was sent, not what; the recorder left them out."""

_TRACEBACK = re.compile(r"Traceback \(most recent call last\):.*\n(?P<last>\S.*)\n", re.DOTALL)
_QUOTED_TRACEBACK = re.compile(r'Traceback \(most recent call last\):(?:[^"\\]|\\.)*')
_TIME = re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_MILLISECONDS = re.compile(r"\b[12]\d{12}\b")
_PORT = re.compile(r"(?P<host>localhost|127\.0\.0\.1):\d+")
_SDK = re.compile(r"\bv0\.5\.\d+\b")
_IDS = {
    "ulid": re.compile(r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b"),
    "uuid": re.compile(rf"\b(?!0{{8}}-|{PROBE_APP_ID})[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}\b"),
    "trace": re.compile(r"\b[0-9a-f]{32}\b"),
    "span": re.compile(r"\b[0-9a-f]{16}\b"),
}


class Normaliser:
    """Normalises the parts of one document; ids keep their names from part to part."""

    def __init__(self) -> None:
        self._ids: dict[str, dict[str, int]] = defaultdict(dict)
        self._special: Mapping[str, Callable[[Any], Any]] = {
            "headers": self._headers,
            "job_id": self._job,
            "x-inngest-job-id": self._job,
            "qi_id": self._queue_item,
            "outputID": lambda output: output and "<output>",
        }

    def __call__(self, value: Any) -> Any:
        """Return the value with names in the place of what differs from server to server and from day to day."""
        if isinstance(value, dict):
            return {key: self._special.get(key, self)(value[key]) for key in sorted(value)}
        if isinstance(value, list):
            return [self(item) for item in value]
        if isinstance(value, str):
            return self._text(value)
        return "<milliseconds>" if _MILLISECONDS.fullmatch(str(value)) else value

    def _text(self, text: str) -> str:
        text = _TRACEBACK.sub(r"<traceback> \g<last>", text)
        text = _QUOTED_TRACEBACK.sub("<traceback>", text)
        text = _TIME.sub("<time>", text)
        for kind, pattern in _IDS.items():
            text = pattern.sub(lambda match, kind=kind: self._named(kind, match.group()), text)  # type: ignore[misc] # a lambda's default has no type
        text = _MILLISECONDS.sub("<milliseconds>", text)
        return _SDK.sub("<sdk version>", _PORT.sub(r"\g<host>:<port>", text))

    def _named(self, kind: str, value: str) -> str:
        known = self._ids[kind]
        return f"<{kind} {known.setdefault(value, len(known) + 1)}>"

    def _headers(self, headers: dict[str, str]) -> Any:
        return self({name: value for name, value in headers.items() if name not in TRANSPORT})

    def _job(self, job_id: str) -> str:
        return self._named("job", job_id)

    def _queue_item(self, encoded: str) -> str:
        job_id, _, queue = base64.b64decode(encoded).decode().partition(":")
        return f"<base64 of {self._job(job_id)}:{queue}>"
