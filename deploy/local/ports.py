import errno
import random
import socket

from deploy.local.errors import LaunchError

# Below the range from which systems take the local ports of outgoing connections, so that a restarted server
# finds its port free.
_OWN_PORTS = range(20_000, 32_000)


def free_port() -> int:
    """A port on 127.0.0.1 that nothing listens on at this moment."""
    for port in random.sample(_OWN_PORTS, 200):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise LaunchError("No free port was found on 127.0.0.1 between 20000 and 31999.")


def require_free(host: str, port: int) -> None:
    """Raise LaunchError unless a server could listen on host:port now."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise LaunchError(f"HOST={host!r} is not an address of this machine ({error}).") from error
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                message = f"Port {port} on {host} is in use by another program: stop it, or choose another port"
                raise LaunchError(f"{message} (make run PORT={port % 65535 + 1}).") from error
            if error.errno == errno.EACCES:
                message = f"Port {port} needs more rights than this user has"
                raise LaunchError(f"{message}: choose one above 1023 (make run PORT=8000).") from error
            raise LaunchError(f"Cannot listen on HOST={host} PORT={port}: {error.strerror}.") from error


def reachable_host(host: str) -> str:
    """The host to put in a URL for a server that listens on `host`, from this machine."""
    if host in {"", "0.0.0.0"}:  # noqa: S104
        return "127.0.0.1"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host else host


def accepts_connections(port: int) -> bool:
    """Whether something listens on 127.0.0.1:port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
