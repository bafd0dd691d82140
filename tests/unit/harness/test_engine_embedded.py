"""The embedded engine as the suite has it: what it lacks follows from the release that it is told to imitate."""

import pytest

from harness.clients import versions
from harness.engines.embedded import EmbeddedEngine


@pytest.mark.parametrize("module", ["embedded_inngest --compat 0.29", "embedded_inngest --compat=0.29"])
def test_an_old_release_lacks_what_it_lacked(module: str) -> None:
    """Told to imitate a release without signed mode and store, the engine is not asked for them."""
    engine = EmbeddedEngine(module=module)

    assert "no signed mode" in engine.unsigned
    assert "keeps nothing over a restart" in engine.unkept


def test_the_newest_release_lacks_nothing() -> None:
    """Told nothing, or to be a fault, the engine has all that the suite may ask for."""
    engines = [EmbeddedEngine(), EmbeddedEngine(module="faults any_event_key_accepted")]

    assert {(engine.unsigned, engine.unkept) for engine in engines} == {("", "")}


def test_no_embedded_engine_is_bound_to_a_port() -> None:
    """The engine shows its runs on any port, even when it imitates a release that shows them on one."""
    can = versions.capabilities("0.29.9-embedded")

    assert [name for name, there in can.items() if there] == [versions.ANY_PORT]
