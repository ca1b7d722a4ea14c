"""A mail server: as much of SMTP (RFC 5321) as a sender needs, on a real port, keeping what it is given."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Mailbox:
    """What arrived. `replies` are given to the next messages in the place of 250, `unknown` readers are refused."""

    messages: list[EmailMessage] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    port: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, number: int) -> list[EmailMessage]:
        """The messages, once there are as many."""
        async with asyncio.timeout(20):
            while len(self.messages) < number:
                self.arrived.clear()
                await self.arrived.wait()
        return self.messages


@asynccontextmanager
async def receiving() -> AsyncIterator[Mailbox]:
    """A mail server until the end of the block."""
    mailbox = Mailbox()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        say("220 mail.example.com")
        while line := (await reader.readline()).decode().strip():
            verb = line.split(" ")[0].upper()
            if verb == "DATA":
                say("354 go on")
                data = await reader.readuntil(b"\r\n.\r\n")
                reply = mailbox.replies.pop(0) if mailbox.replies else "250 taken"
                if reply.startswith("250"):
                    text = data[:-3].replace(b"\r\n..", b"\r\n.")
                    mailbox.messages.append(message_from_bytes(text, EmailMessage, policy=policy.default))
                mailbox.arrived.set()
                say(reply)
            elif verb == "RCPT" and any(one in line for one in mailbox.unknown):
                say("550 no such reader")
            elif verb == "QUIT":
                say("221 bye")
                break
            else:
                say("250 fine" if verb in {"EHLO", "HELO", "MAIL", "RCPT", "RSET", "NOOP"} else "502 unknown")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
