"""akg-mlir: a polyhedral tensor compiler for neural processing units."""

__version__ = "0.1.0"
