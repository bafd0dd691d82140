"""A kernel that shows success, and publishes nothing."""

import json
import secrets

from tests.unit.broken_environments import never_registers


class Handler(never_registers.Handler):
    """Says that it is up, and that it has published."""

    def do_GET(self) -> None:  # noqa: N802 - so it is called
        self._answer({"status": "UP"})

    def do_POST(self) -> None:  # noqa: N802 - so it is called
        self._answer({"message": "Event published", "eventId": secrets.token_hex(8), "eventName": "policy/bound"})

    def _answer(self, body: dict[str, str]) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


if __name__ == "__main__":
    never_registers.serve(Handler)
