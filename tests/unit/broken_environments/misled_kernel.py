"""The reference kernel, told a wrong INNGEST_BASE_URL: nobody listens there."""

import os

from reference_kernel.app import run

os.environ["INNGEST_BASE_URL"] = "http://127.0.0.1:9"  # noqa: TID251 - what it is told wrongly

if __name__ == "__main__":
    run()
