"""Timelines of kernels: as a picture, as text, and as a trace for Perfetto."""
