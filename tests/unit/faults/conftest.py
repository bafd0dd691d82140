"""What the tests of the catalogue need before it can be imported."""

import importlib
import logging
import warnings
from collections.abc import Iterator

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the SDK defines a model in a way that pydantic deprecates
    importlib.import_module("inngest.fast_api")


@pytest.fixture(autouse=True)
def logs_stay() -> Iterator[None]:
    """Let the dispatchers of later tests log, whatever was built here: some faults log nothing."""
    yield
    for name in ("reference_dispatcher", "reference_kernel"):
        logging.getLogger(name).disabled = False
