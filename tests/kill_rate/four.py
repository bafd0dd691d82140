"""A catalogue of four: one is caught, one breaks nothing, one does not start, and one is wrongly called correct.

It is started as the real one is: `python -m tests.kill_rate.four NAME --host 127.0.0.1 --port 3000`, or `--list`.
"""

import json
import sys
from collections.abc import Sequence

from faults import nursery
from faults.catalogue import Specimen
from faults.registration import serve_endpoint_hidden
from reference_dispatcher.app import AS_IT_SHOULD_BE, Design, run
from reference_dispatcher.settings import Settings

HIDDEN = serve_endpoint_hidden(AS_IT_SHOULD_BE)


def never_starts(**_: str | None) -> Settings:
    """End the process before there is a dispatcher."""
    raise SystemExit(2)


def broken(name: str, design: Design) -> Specimen:
    """Return a fault that must break PLAT-02."""
    told = {"must_break": ("PLAT-02",), "hop": "stack", "stays_green": ("PLAT-01", "PLAT-03")}
    return Specimen(name=name, text="-", design=design, **told)  # type: ignore[arg-type] # each has the type of its field


FAULTS = [
    broken("caught", HIDDEN),
    broken("breaks_nothing", AS_IT_SHOULD_BE),
    broken("never_starts", Design(settings=never_starts)),
]
VARIANTS = [Specimen(name="called_correct", text="-", design=HIDDEN)]


def main() -> None:
    """List the four, or be one of them, or start them."""
    if sys.argv[1:] == ["--nursery"]:
        nursery.serve(be)
    elif sys.argv[1:] == ["--list"]:
        listed = {"faults": FAULTS, "variants": VARIANTS}
        print(json.dumps({kind: [each.as_json() for each in known] for kind, known in listed.items()}))  # noqa: T201 - it is asked for
    else:
        be(sys.argv[1:])


def be(command: Sequence[str]) -> None:
    """Be one of the four."""
    name, *arguments = command
    design = {each.name: each.design for each in (*FAULTS, *VARIANTS)}[name]
    assert isinstance(design, Design)
    run(design, arguments)


if __name__ == "__main__":
    main()
