"""What the server fails a run for at once, without another attempt."""

from embedded_inngest import wire
from embedded_inngest.cel_values import ExpressionError
from embedded_inngest.errors import EngineError
from embedded_inngest.expressions import compiled
from embedded_inngest.replies import Failure

MAX_STEPS = 1000
MAX_WAIT = 366 * 24 * 60 * 60.0


class FatalStepError(EngineError):
    """A step for which the run fails; says so in the server's words."""

    def __init__(self, name: str, message: str, stack: str | None = None) -> None:
        super().__init__(f"{name}: {message}")
        self.failure = Failure(error=str(self), name=name, message=message, stack=stack)

    @property
    def output(self) -> str:
        return wire.text({"error": self.failure.fields()})


def too_many_steps() -> FatalStepError:
    """Return the error of a run that has grown too large."""
    message = f"The function run exceeded the step limit of {MAX_STEPS} steps."
    return FatalStepError("InngestErrFunctionOverflowed", message)


def signal_conflict() -> FatalStepError:
    """Return the error of a run that waits for a signal for which another one waits already."""
    return FatalStepError("Error", "Signal conflict; signal wait already exists for another run")


def bounded(seconds: float, complaint: str) -> float:
    """Return the seconds, unless they are more than a year.

    Raises:
        FatalStepError: they are.
    """
    if seconds > MAX_WAIT:
        raise FatalStepError("InngestErrTimeoutTooLong", complaint)
    return seconds


def readable(expression: str | None) -> str | None:
    """Return an expression that an event is to meet, if there is one.

    Raises:
        FatalStepError: nothing could ever meet it, since it can't be read.
    """
    try:
        if expression is not None:
            compiled(expression)
    except ExpressionError as error:
        message = "Wait for event If expression failed to compile"
        raise FatalStepError("InvalidExpression", message, str(error)) from None
    return expression
