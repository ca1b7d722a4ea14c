"""Says by its exit status whether a service is ready: `probe.py http URL` or `probe.py grpc HOST:PORT`.

A container runs it every few seconds beside the service, so it imports no more than the question needs.
"""

import argparse
import sys

_SECONDS = 5.0


def http_problem(url: str) -> str | None:
    """What keeps the URL from answering 200 within five seconds, or None."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import ProxyHandler, build_opener

    try:
        # Without a proxy: the service is on this machine, whatever the environment says about others.
        with build_opener(ProxyHandler({})).open(url, timeout=_SECONDS) as response:
            return None if response.status == 200 else f"{url} answered {response.status}"
    except HTTPError as error:
        return f"{url} answered {error.code}: {error.read(2000).decode(errors='replace')}"
    except (OSError, HTTPException) as error:
        return f"{url} did not answer: {error}"


def grpc_problem(address: str) -> str | None:
    """What keeps the gRPC server from reporting SERVING for all of itself within five seconds, or None."""
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        try:
            check = health_pb2_grpc.HealthStub(channel).Check  # type: ignore[attr-defined]
            answer = check(health_pb2.HealthCheckRequest(), timeout=_SECONDS)
        except grpc.RpcError as error:
            return f"{address} did not answer: {error.code().name}: {error.details()}"
    if answer.status == health_pb2.HealthCheckResponse.SERVING:
        return None
    return f"{address} reports {health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)}"


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 when the service is ready, else 1 with the reason on standard error; 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="probe.py", description="Ask a service whether it is ready.")
    parser.add_argument("protocol", choices=("http", "grpc"))
    parser.add_argument("address", help="http: the URL of its readiness endpoint; grpc: HOST:PORT")
    chosen = parser.parse_args(arguments)
    problem = (http_problem if chosen.protocol == "http" else grpc_problem)(chosen.address)
    if problem is not None:
        sys.stderr.write(problem + "\n")
    return 1 if problem is not None else 0


if __name__ == "__main__":
    sys.exit(main())
