"""Facts of several steps become ranked causes, one module a cause."""
