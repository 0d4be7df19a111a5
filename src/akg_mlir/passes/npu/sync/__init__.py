"""Ordering the pipes of a core: dependences, happens-before, placement, event ids."""
