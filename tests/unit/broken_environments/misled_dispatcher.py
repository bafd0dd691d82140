"""The reference dispatcher, told a wrong port of Inngest: nobody listens there."""

import os

from reference_dispatcher.app import run

os.environ["INNGEST_BASE_URL"] = "http://127.0.0.1:9"  # noqa: TID251 - what it is told wrongly

if __name__ == "__main__":
    run()
