"""A server that is compatible with S3: moto's."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
from moto.server import ThreadedMotoServer

BUCKET = "recordings"
KEY_ID, SECRET = "mock", "interview"


@contextmanager
def serving() -> Iterator[str]:
    """Its address until the end of the block; it has an empty `BUCKET`, and takes any key."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        httpx2.put(f"http://{host}:{port}/{BUCKET}").raise_for_status()
        yield f"http://{host}:{port}"
    finally:
        server.stop()
