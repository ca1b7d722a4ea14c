"""The public service: accounts, interviews, scheduling and analytics, behind doors by contract."""

import os

# What this service starts as a process only execs; gRPC's care for forks would fill the log. Has to be set
# before gRPC is loaded for the first time.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
