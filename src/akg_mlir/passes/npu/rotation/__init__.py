"""Several iterations of a loop in flight: what needs copies for that, and the loop it makes."""
