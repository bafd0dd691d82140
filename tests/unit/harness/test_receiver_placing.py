"""The receiver is where settings and target want it, one process beside the other."""

from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from harness.errors import SetupError
from harness.processes.ports import free_port
from harness.receiver.placing import placed_receiver
from harness.settings import Settings
from harness.targets import ReceiverAddress, Target


def target(**address: object) -> Target:
    """Return a target whose receiver has this address."""
    receiver = ReceiverAddress(**address)  # type: ignore[arg-type] # of whatever a test gives
    return Target(name="t", kind="external", folder=Path(), receiver=receiver)


def test_dispatcher_is_told_the_host_of_the_target() -> None:
    """The URL of a path has the host under which the target's dispatcher calls this machine, unless a setting wins."""
    named = target(host="suite.example.com")
    with closing(placed_receiver(Settings(), named)) as receiver:
        assert urlsplit(receiver.start().url("/")).hostname == "suite.example.com"
    with closing(placed_receiver(Settings(receiver_host="other.example.com"), named)) as receiver:
        assert urlsplit(receiver.start().url("/")).hostname == "other.example.com"


def test_each_process_has_a_port_of_its_own() -> None:
    """With a port in the target's file, the second process listens on the next one."""
    port = free_port()
    with closing(placed_receiver(Settings(), target(port=port - 1), place=1)) as receiver:
        assert urlsplit(receiver.start().url("/")).port == port


def test_taken_port_is_named_with_its_key() -> None:
    """A port on which somebody listens is refused with the key of the target's file that names it."""
    with closing(placed_receiver(Settings(), target())) as first:
        taken = urlsplit(first.start().url("/")).port
        with pytest.raises(SetupError, match=rf"port {taken} of 127.0.0.1 to be free for the receiver") as refused:
            placed_receiver(Settings(), target(port=taken)).start()
    assert "[receiver] port" in refused.value.next_step
