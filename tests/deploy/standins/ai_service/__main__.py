"""Stands in for ai_service: listens, and ends on SIGTERM."""

import os
import socketserver
import sys


class _Handler(socketserver.BaseRequestHandler):
    pass


def main() -> None:
    if reason := os.environ.get("STANDIN_AI_REFUSES"):
        sys.exit(f"AI_ENGINE: {reason}")
    host, port = os.environ["AI_LISTEN"].rsplit(":", 1)
    socketserver.TCPServer.allow_reuse_address = True
    with socketserver.TCPServer((host, int(port)), _Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
