"""`python -m tests.separate_stack` runs a platform apart from the suite until SIGTERM, and prints its target's file.

With `--signed`, its Inngest is in signed mode.
"""

import signal
import sys

from tests.separate_stack.separate import separate_stacks


def main() -> None:
    """Run it; everything is gone when it ends."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit())
    with separate_stacks("separate", signed="--signed" in sys.argv) as [separate]:
        sys.stdout.write(f"{separate.file}\n")
        sys.stdout.flush()
        signal.pause()


if __name__ == "__main__":
    main()
