"""How the server speaks WebSocket: uvicorn's own protocol, bounded, and strict with readers who do not keep up."""

import asyncio
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

MAX_FRAME_BYTES = 256 * 1024
SLOW_READER_CODE = 4408

_PATIENCE_SECONDS = 15.0
_GOODBYE_SECONDS = 5.0


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """Closes a connection whose reader has not read for 15 seconds what was sent to it.

    No more than the transport's buffer, 64 KiB and one message, is held for a connection.
    """

    _deadline: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """The buffer is full."""
        super().pause_writing()
        self._deadline = self.loop.call_later(_PATIENCE_SECONDS, self._give_up)

    def resume_writing(self) -> None:
        """The buffer has room again."""
        self._forget()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._forget()
        super().connection_lost(exc)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self.stop_keepalive()
        reason = "too slow a reader"
        self.queue.put_nowait({"type": "websocket.disconnect", "code": SLOW_READER_CODE, "reason": reason})
        if not self.close_sent:
            self.conn.send_close(SLOW_READER_CODE, reason)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
        # A reader who wakes up in time learns why; the others are cut off.
        self.transport.close()
        self._deadline = self.loop.call_later(_GOODBYE_SECONDS, self.transport.abort)


SERVER_OPTIONS: dict[str, Any] = {
    "ws": BoundedWebSocket,
    "ws_max_size": MAX_FRAME_BYTES,
    "ws_per_message_deflate": False,
    "ws_ping_interval": 20.0,
    "ws_ping_timeout": 20.0,
}
