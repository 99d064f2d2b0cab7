"""The lint rules, one module each, in an explicit list."""
