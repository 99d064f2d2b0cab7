"""Where the money goes: spend by subject, spikes and what drove them, budgets, waste, forecasts, other models' prices."""
