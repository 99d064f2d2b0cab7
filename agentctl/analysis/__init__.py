"""Pure functions over observations: parsing lines, grouping errors, counters, rates, budgets."""
