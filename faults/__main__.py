"""Start a specimen of the catalogue: `python -m faults NAME --host 127.0.0.1 --port 3000`, or `--list` them all."""

import json
import sys
from collections.abc import Sequence

import embedded_inngest.cli as embedded
import reference_dispatcher.app as dispatcher
import reference_kernel.app as kernel
from faults import nursery
from faults.catalogue import FAULTS, VARIANTS, MakeApp, load_all


def main() -> None:
    """Do what the command line says: `--list`, `--nursery`, or be a specimen."""
    load_all()
    if sys.argv[1:] == ["--list"]:
        listed = {"faults": FAULTS, "variants": VARIANTS}
        print(json.dumps({kind: [each.as_json() for each in known.values()] for kind, known in listed.items()}))  # noqa: T201 - it is asked for
    elif sys.argv[1:] == ["--nursery"]:
        nursery.serve(be)
    else:
        be(sys.argv[1:])


def be(command: Sequence[str]) -> None:
    """Be a specimen, by its name and arguments; a name that nobody has ends the process with one line and code 2."""
    name, arguments = command[0] if command else "", [*command[1:]]
    if specimen := (FAULTS | VARIANTS).get(name):
        _start(specimen.design, arguments)
    else:
        print(f"{name!r} is in no catalogue of ours. See them all: python -m faults --list", file=sys.stderr)  # noqa: T201 - the one line for the person who started us
        raise SystemExit(2)


def _start(design: dispatcher.Design | kernel.Design | MakeApp, arguments: list[str]) -> None:
    if isinstance(design, kernel.Design):
        kernel.run(design, arguments)
    elif isinstance(design, dispatcher.Design):
        dispatcher.run(design, arguments)
    else:
        raise SystemExit(embedded.main(arguments, design))


main()
