"""A simulated fleet of agents on a virtual clock, its faults, and the recorder of bundles."""
