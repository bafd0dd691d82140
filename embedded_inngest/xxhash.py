"""The hash by which the server names a key of concurrency: XXH64, seed 0."""

_MASK = 2**64 - 1
_PRIMES = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)
_P1, _P2, _P3, _P4, _P5 = _PRIMES
_STRIPE = 32
_LANES = (1, 7, 12, 18)


def xxh64(data: bytes) -> int:
    """Hash some bytes."""
    whole = len(data) - len(data) % _STRIPE
    state = _stripes(data[:whole]) if whole else _P5
    state = (state + len(data)) & _MASK
    return _avalanche(_tail(state, data[whole:]))


def _stripes(data: bytes) -> int:
    lanes = [(_P1 + _P2) & _MASK, _P2, 0, -_P1 & _MASK]
    for start in range(0, len(data), 8):
        lane = start // 8 % 4
        lanes[lane] = _round(lanes[lane], int.from_bytes(data[start : start + 8], "little"))
    state = sum(_rotated(value, by) for value, by in zip(lanes, _LANES, strict=True)) & _MASK
    for value in lanes:
        state = ((state ^ _round(0, value)) * _P1 + _P4) & _MASK
    return state


def _tail(state: int, rest: bytes) -> int:
    while len(rest) >= 8:  # noqa: PLR2004 (bytes of a word)
        state ^= _round(0, int.from_bytes(rest[:8], "little"))
        state, rest = (_rotated(state, 27) * _P1 + _P4) & _MASK, rest[8:]
    if len(rest) >= 4:  # noqa: PLR2004 (bytes of half a word)
        state ^= int.from_bytes(rest[:4], "little") * _P1 & _MASK
        state, rest = (_rotated(state, 23) * _P2 + _P3) & _MASK, rest[4:]
    for byte in rest:
        state = _rotated(state ^ (byte * _P5 & _MASK), 11) * _P1 & _MASK
    return state


def _avalanche(state: int) -> int:
    state = (state ^ state >> 33) * _P2 & _MASK
    state = (state ^ state >> 29) * _P3 & _MASK
    return state ^ state >> 32


def _round(lane: int, word: int) -> int:
    return _rotated((lane + word * _P2) & _MASK, 31) * _P1 & _MASK


def _rotated(value: int, by: int) -> int:
    return (value << by | value >> 64 - by) & _MASK
