"""The only trigger is `*`: it registers without complaint, and never fires."""

from dataclasses import replace

from reference_dispatcher.app import run
from reference_dispatcher.parts import default_parts

MUST_BREAK, HOP = ("REG-02",), "run started"

if __name__ == "__main__":
    run(lambda settings: replace(default_parts(settings), triggers=("*",)))
