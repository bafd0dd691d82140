"""What processes use is read where the kernel tells it."""

import os
import resource

from bench.usage import cpu_seconds, megabytes


def test_cpu_seconds_are_what_the_kernel_bills() -> None:
    """The CPU time of a process, user's and system's, agrees with what the process itself is told of it."""
    told = resource.getrusage(resource.RUSAGE_SELF)

    assert 0 <= cpu_seconds(os.getpid()) - told.ru_utime - told.ru_stime + 0.05 < 0.2


def test_memory_that_is_taken_is_seen() -> None:
    """Fifty megabytes more in a process are fifty more that are resident."""
    before = megabytes(os.getpid())
    taken = bytearray(os.urandom(50 * 1024 * 1024))

    assert 45 < megabytes(os.getpid()) - before < 60
    assert taken
