"""A hub of models: one repository's files over real HTTP, as huggingface_hub asks for them."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

_COMMIT = "a" * 40


@dataclass
class Hub:
    """Serves the files of `folder`, whatever the repository's name."""

    folder: Path
    address: str = ""
    refuses: bool = False
    requests: list[str] = field(default_factory=list)

    @classmethod
    @contextmanager
    def start(cls, folder: Path) -> Iterator[Self]:
        """A running hub on a free port."""
        hub = cls(folder)
        server = ThreadingHTTPServer(("127.0.0.1", 0), hub._handler())
        hub.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(with_body=True)

            def do_HEAD(self) -> None:
                self._answer(with_body=False)

            def log_message(self, *_: object) -> None:
                """Nothing."""

            def _answer(self, *, with_body: bool) -> None:
                hub.requests.append(f"{self.command} {self.path}")
                body = hub._body(self.path)
                self.send_response(403 if hub.refuses else 200)
                self.send_header("content-length", str(len(body)))
                self.send_header("etag", f'"{hashlib.sha1(body).hexdigest()}"')
                self.send_header("x-repo-commit", _COMMIT)
                self.end_headers()
                if with_body:
                    self.wfile.write(body)

        return Handler

    def _body(self, path: str) -> bytes:
        if self.refuses:
            return b"refused"
        files = sorted(self.folder.iterdir())
        if "/revision/" in path:
            named = [{"rfilename": file.name} for file in files]
            return json.dumps({"id": "some/model", "sha": _COMMIT, "siblings": named}).encode()
        if "/tree/" in path:
            return json.dumps(
                [{"type": "file", "path": file.name, "size": file.stat().st_size, "oid": _COMMIT} for file in files]
            ).encode()
        return (self.folder / Path(path).name).read_bytes()
