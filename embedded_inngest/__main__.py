"""`python -m embedded_inngest`."""

import sys

from embedded_inngest.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
