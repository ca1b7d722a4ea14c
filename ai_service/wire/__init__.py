"""The gRPC door: the only place of the service that knows gRPC and its messages."""
