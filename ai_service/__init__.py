"""The private service that asks, grades and reports."""

import os

# An answer is graded by one thread. The matrices are small: more BLAS threads would spin beside it and take the cores
# from the other answers. Has to be set before NumPy is loaded for the first time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# What this service starts as a process only execs; gRPC's care for forks would fill the log. Has to be set
# before gRPC is loaded for the first time.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
