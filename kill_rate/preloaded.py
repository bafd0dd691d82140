"""What every run of the suite imports, all but what pytest rewrites: its plugins and the tests."""

import harness.diagnosis
import harness.external
import harness.session  # noqa: F401 - to have been imported is its use
