"""Benchmarks: peers and bounds, side by side, as ratios."""
