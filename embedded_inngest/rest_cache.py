"""The answers of `/v1` that the server gives again for some seconds, however much has happened since."""

from embedded_inngest.clock import Clock

_CLEAR_SECONDS = 15.0


class AnswerCache:
    """Keeps answers until they are too old."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[float, bytes]] = {}
        self._cleared_at = 0.0

    def get(self, key: str) -> bytes | None:
        """Return an answer that is still given."""
        until, body = self._kept.get(key, (0.0, b""))
        return body if until > self._clock.now() else None

    def put(self, key: str, body: bytes, seconds: int) -> None:
        """Keep an answer for some seconds."""
        now = self._clock.now()
        if now - self._cleared_at > _CLEAR_SECONDS:
            self._cleared_at = now
            self._kept = {kept: entry for kept, entry in self._kept.items() if entry[0] > now}
        self._kept[key] = (now + seconds, body)
