"""Time, chance and sleep: nothing else that happens to runs reads a clock, rolls dice or waits."""

import asyncio
import math
import secrets
import time
import uuid
from collections.abc import Callable
from typing import Protocol

from ulid import ULID

_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BASE32_PAIRS = [first + second for first in _BASE32 for second in _BASE32]
_PAIR_SHIFTS = range(120, -1, -10)
_ENTROPY_BITS = 80
_NAMESPACE = uuid.NAMESPACE_OID

NO_ID = str(uuid.UUID(int=0))
"""The UUID that stands for nobody and nothing."""


class Timer(Protocol):
    """Something that will happen unless it is cancelled."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """Where the engine's time comes from."""

    def now(self) -> float: ...

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer: ...

    async def sleep(self, seconds: float) -> None: ...


class Ids(Protocol):
    """Where the engine's chance comes from."""

    def ulid(self) -> str: ...

    def uuid(self) -> str: ...

    def hexadecimal(self, octets: int) -> str: ...

    def job(self) -> str: ...

    def jitter(self, seconds: int) -> float: ...


class SystemClock:
    """The time of the machine and the timers of the running event loop."""

    def now(self) -> float:
        return time.time()

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Call back no earlier than asked; the loop's timers round to milliseconds, sometimes down."""
        return asyncio.get_running_loop().call_later(math.ceil(max(0.0, seconds) * 1000) / 1000, callback)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class RandomIds:
    """Ids in the forms the real server uses."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._millis = self._entropy = 0

    def ulid(self) -> str:
        """Return an id that is greater than every other of its millisecond before it."""
        millis = int(self._clock.now() * 1000)
        self._entropy = self._entropy + 1 if millis == self._millis else secrets.randbits(_ENTROPY_BITS)
        self._millis = millis
        number = (millis << _ENTROPY_BITS) + self._entropy
        return "".join([_BASE32_PAIRS[number >> shift & 1023] for shift in _PAIR_SHIFTS])

    def uuid(self) -> str:
        return str(uuid.uuid4())

    def hexadecimal(self, octets: int) -> str:
        return secrets.token_hex(octets)

    def job(self) -> str:
        return base36(secrets.randbits(64))

    def jitter(self, seconds: int) -> float:
        return secrets.randbelow(seconds * 1000) / 1000


def base36(number: int) -> str:
    """Write a number with the digits 0-9a-z, as queue job ids are written."""
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _BASE36[rest] + digits
    return digits or "0"


def named_uuid(name: str) -> str:
    """Return the SHA-1 UUID that the server gives to apps and functions, equal on every start."""
    return str(uuid.uuid5(_NAMESPACE, name))


def seeded_ulid(millis: int, entropy: bytes, number: int) -> str:
    """Return the id of the event with that number in a request whose sender determined the ids."""
    last = (int.from_bytes(entropy[6:]) + number) % 2**32
    return str(ULID.from_bytes(millis.to_bytes(6) + entropy[:6] + last.to_bytes(4)))


def ulid_time(text: str) -> float:
    """Return the second that an id was made in."""
    return ULID.from_str(text).timestamp


def ulid_millis(text: str) -> int:
    """Return the time that the id of an event or a run begins with."""
    return ULID.from_str(text).milliseconds


def is_ulid(text: str) -> bool:
    """Tell whether a text can be the id of an event or a run."""
    try:
        ULID.from_str(text)
    except ValueError:
        return False
    return True
