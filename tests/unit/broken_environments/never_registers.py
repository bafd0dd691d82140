"""A dispatcher that is up and healthy, and serves no Inngest endpoint."""

import argparse
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    """Answers the health check alone."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/api/health" else 404)
        self.end_headers()

    def do_PUT(self) -> None:
        self.send_response(404)
        self.end_headers()


def serve(handler: type[BaseHTTPRequestHandler]) -> None:
    """Serve on the address of the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    arguments = parser.parse_args()
    HTTPServer((arguments.host, arguments.port), handler).serve_forever()


if __name__ == "__main__":
    serve(Handler)
