"""Vendor libraries are loaded when they are first needed, by one thread at a time.

Sources are asked at once from several threads. `kubernetes` and `prometheus_api_client` both import `requests`, whose modules
import each other; where two threads begin at different ends, Python breaks the wait by handing out a half-made module.
"""

from __future__ import annotations

import importlib
import threading

_ONE_AT_A_TIME = threading.RLock()


def load(*modules: str) -> None:
    """Import these modules whole before going on; to be called right before a lazy import of a vendor library."""
    with _ONE_AT_A_TIME:
        for module in modules:
            importlib.import_module(module)
