"""Loads of operands of the cube, and the products that wait for them."""
