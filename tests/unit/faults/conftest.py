"""What the tests of the catalogue need before it can be imported."""

import importlib
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the SDK defines a model in a way that pydantic deprecates
    importlib.import_module("inngest.fast_api")
