"""Asks a separate stack to stop or start one of its parts: `python ask.py SOCKET PART VERB`; knows nothing else."""

import socket
import sys


def main() -> str:
    """Return the complaint of the stack, which becomes the exit code 1; empty when it did what it was asked."""
    path, part, verb = sys.argv[1:]
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        connection.sendall(f"{part} {verb}\n".encode())
        return connection.makefile().readline().strip()


if __name__ == "__main__":
    sys.exit(main() or 0)
