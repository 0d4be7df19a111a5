"""The shapes of the AKG paper's evaluation (PLDI 2021, section 6), timed on the simulated NPU."""
