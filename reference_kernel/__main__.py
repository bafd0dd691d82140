"""Start the kernel: `python -m reference_kernel --host 127.0.0.1 --port 8080`."""

from reference_kernel.app import run

run()
