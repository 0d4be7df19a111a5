"""Results of the cube in slices of their columns: what leaves L0C never is on chip as a whole."""
