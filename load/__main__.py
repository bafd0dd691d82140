"""`make load EVENTS=200 WEBHOOKS=5`: publish, follow, reconcile; the exit code is the suite's."""

import os
import sys
import traceback

import psycopg

from harness import settings as suite
from harness.errors import HarnessError, SetupError, UsageError, three_lines
from harness.targets.reader import load as read_target
from harness.verdicts import BAD_USAGE, COULD_NOT_VERIFY, HARNESS_ERROR
from load import settings
from load.command import Command


def main() -> int:
    """Run a load as the environment says and return the exit code."""
    try:
        chosen = suite.from_environment()
        target = read_target(chosen.target, environment=os.environ)  # noqa: TID251 - a target's secrets are in variables that it names
        return Command(settings.from_environment(), chosen, target, _say).run()
    except HarnessError as error:
        _say(f"\n{error}")
        return _code(error)
    except psycopg.Error as error:
        reason = str(error).partition("\n")[0]
        _say("\n" + three_lines("the database to answer to the end.", f"{reason}.", "see its log, and its time-outs."))
        return COULD_NOT_VERIFY
    except Exception:  # noqa: BLE001 - Python's own code would be 1, which says that something was lost
        _say(f"\n{traceback.format_exc()}")
        return HARNESS_ERROR


def _code(error: HarnessError) -> int:
    if isinstance(error, UsageError):
        return BAD_USAGE
    return COULD_NOT_VERIFY if isinstance(error, SetupError) else HARNESS_ERROR


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
