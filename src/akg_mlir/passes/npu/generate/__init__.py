"""From schedule trees to tile ops: loops, views, and one emitter per unit."""
