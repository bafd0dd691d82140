"""A dispatcher that answers us and cuts Inngest off, as a firewall between the two would."""

from tests.unit.broken_environments import never_registers


class Handler(never_registers.Handler):
    """Introduces itself, and closes the connection of a sync."""

    def do_GET(self) -> None:  # noqa: N802 - so it is called
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"function_count": 1, "mode": "dev"}')

    def do_PUT(self) -> None:  # noqa: N802 - so it is called
        self.connection.close()


if __name__ == "__main__":
    never_registers.serve(Handler)
