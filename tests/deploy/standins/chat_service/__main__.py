"""Stands in for chat_service: the same commands and addresses, and visits that it counts in both stores.

It has a child that ignores SIGTERM, as a worker that hangs would. STANDIN_CHAT_HANGS makes it ignore SIGTERM itself;
a file `broken` in DATA makes it fail when it starts.
"""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import asyncpg

STUBBORN_CHILD = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


async def execute(statement: str) -> int:
    connection = await asyncpg.connect(os.environ["DATABASE_URL"], timeout=1)
    try:
        return int(await connection.fetchval(statement) or 0)
    finally:
        await connection.close()


def valkey(command: str) -> int:
    password, port = re.fullmatch(r"redis://:(\w+)@127\.0\.0\.1:(\d+)/0", os.environ["REDIS_URL"]).groups()  # type: ignore[union-attr]
    with socket.create_connection(("127.0.0.1", int(port)), timeout=1) as connection:
        connection.sendall(f"AUTH {password}\r\n{command}\r\nQUIT\r\n".encode())
        with connection.makefile("r") as lines:
            return int(lines.readlines()[1].lstrip(":"))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        try:
            ai_host, ai_port = os.environ["AI_ADDRESS"].rsplit(":", 1)
            socket.create_connection((ai_host, int(ai_port)), timeout=1).close()
            self._answer(200, {"rows": asyncio.run(execute("SELECT count(*) FROM visits")), "keys": valkey("DBSIZE")})
        except (OSError, ValueError, IndexError, asyncpg.PostgresError) as error:
            self._answer(503, {"error": repr(error)})

    def do_POST(self) -> None:
        asyncio.run(execute("INSERT INTO visits DEFAULT VALUES"))
        rows = asyncio.run(execute("SELECT count(*) FROM visits"))
        self._answer(200, {"rows": rows, "visits": valkey("INCR visits")})

    def _answer(self, status: int, body: object) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


def serve() -> None:
    if (Path(os.environ["DATA"]) / "broken").exists():
        sys.exit("the stand-in is broken")
    if "STANDIN_CHAT_HANGS" in os.environ:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen([sys.executable, "-c", STUBBORN_CHILD])
    ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve"]:
            serve()
        case ["migrate"]:
            asyncio.run(execute("CREATE TABLE IF NOT EXISTS visits (id serial PRIMARY KEY)"))
        case ["create-admin", email]:
            print(email, os.environ["ADMIN_PASSWORD"], asyncio.run(execute("SELECT count(*) FROM visits")))
        case other:
            sys.exit(f"unknown command {other}")
