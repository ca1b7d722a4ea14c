import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from deploy.local.ports import free_port
from tests.deploy.container_files import ROOT


def probe(*arguments: str) -> tuple[int, str]:
    """Run the probe as a container does; its exit status and what it says."""
    command = [sys.executable, str(ROOT / "deploy" / "docker" / "probe.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stderr


@contextmanager
def http_server(status: int, body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/readyz"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def grpc_server(status: int) -> Iterator[str]:
    servicer = health.HealthServicer()
    servicer.set("", status)
    server = grpc.server(ThreadPoolExecutor(1))
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


def test_a_service_that_answers_200_is_ready() -> None:
    with http_server(200, b"{}") as url:
        assert probe("http", url) == (0, "")


def test_a_service_that_answers_503_is_not_ready_and_its_answer_is_shown() -> None:
    with http_server(503, b'{"status":"not_ready"}') as url:
        status, said = probe("http", url)
    assert status == 1
    assert "503" in said
    assert "not_ready" in said


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    with http_server(200, b"{}") as url:
        assert probe("http", url)[0] == 0
    with grpc_server(health_pb2.HealthCheckResponse.SERVING) as address:
        assert probe("grpc", address)[0] == 0


def test_a_grpc_server_that_serves_is_ready() -> None:
    with grpc_server(health_pb2.HealthCheckResponse.SERVING) as address:
        assert probe("grpc", address) == (0, "")


def test_a_grpc_server_that_is_loading_or_draining_is_not_ready() -> None:
    with grpc_server(health_pb2.HealthCheckResponse.NOT_SERVING) as address:
        status, said = probe("grpc", address)
    assert status == 1
    assert "NOT_SERVING" in said


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_a_service_that_is_not_there_is_not_ready(protocol: str) -> None:
    address = f"127.0.0.1:{free_port()}"
    status, said = probe(protocol, f"http://{address}/readyz" if protocol == "http" else address)
    assert status == 1
    assert "did not answer" in said
