"""The private service that asks, grades and reports."""

import os

# An answer is graded by one thread. The matrices are small: more BLAS threads would spin beside it and take the cores
# from the other answers. Has to be set before NumPy is loaded for the first time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
