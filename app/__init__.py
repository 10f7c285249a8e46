"""Mendline: case notes and honest repair indicators for couples after a betrayal; everything we ship lives below."""

import os

# The matrices of the model are small: a second thread wins nothing on them and waits by spinning, which costs half
# as much processor time again. Whoever runs the service may decide otherwise; it is read when numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
