"""What can go wrong, in the forms in which the server says so."""


class EngineError(Exception):
    """Base of every error of the engine."""


class StartError(EngineError):
    """The engine can't start; says what was expected, what was seen and what to do next."""

    def __init__(self, *, expected: str, seen: str, then: str) -> None:
        super().__init__(f"Expected: {expected} Seen: {seen} Next: {then}")


class RefusedKeyError(EngineError):
    """The signed mode can't start with such keys; the text is the one the real server gives."""

    def __init__(self, complaint: str) -> None:
        super().__init__(f"Error: {complaint}")


class EventError(EngineError):
    """An event is refused; the text is the one the real event API gives."""


class PublicError(EngineError):
    """A request is refused in the envelope that the REST and register APIs share."""

    def __init__(self, status: int, message: str, *, code: str | None = None, data: object = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.data = data

    def body(self) -> dict[str, object]:
        """Return the JSON body of the answer."""
        head = {} if self.code is None else {"code": self.code}
        return {**head, "error": str(self), "data": self.data, "status": self.status}


class BarePublicError(PublicError):
    """A request is refused with nothing but words."""

    def body(self) -> dict[str, object]:
        """Return the JSON body of the answer."""
        return {"error": str(self)}


class NotImitatedError(EngineError):
    """Something real that this engine does not have; names itself, so that nobody takes it for the real answer."""

    def __init__(self, feature: str) -> None:
        super().__init__(f"not imitated by the embedded engine: {feature}")
