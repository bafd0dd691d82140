"""A plugin of pytest for `make fuzz`: what is tried by chance is tried twenty times as often, with other values."""

from hypothesis import settings

settings.register_profile("fuzz", max_examples=20 * settings.get_profile("default").max_examples)
settings.load_profile("fuzz")
