"""Frozen data that the stages hand to each other. No I/O, no vendor library."""
