"""How much is tried by chance: little and always the same in a test run, much and new in `make fuzz`."""

from hypothesis import HealthCheck, settings

_USUAL = settings.get_profile("default").max_examples


def tried(examples: int) -> settings:
    """Return the settings of a property that is tried so often in a test run."""
    factor = settings().max_examples // _USUAL
    return settings(
        max_examples=examples * max(factor, 1),
        derandomize=factor <= 1,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
