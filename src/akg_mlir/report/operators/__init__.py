"""What is supported: operators of the front ends, element types, and the unit that runs them."""
