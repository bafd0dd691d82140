"""Start the dispatcher: `python -m reference_dispatcher --host 127.0.0.1 --port 3000`."""

from reference_dispatcher.app import run

run()
