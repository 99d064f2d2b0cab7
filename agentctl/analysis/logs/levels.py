"""Log levels in any spelling, as one of DEBUG INFO WARNING ERROR CRITICAL FATAL.

Numbers: `level` as pino and bunyan write it (10 to 60), syslog severities (0 to 7); `levelno` as Python's logging;
`severity_number` as OpenTelemetry (1 to 24).
"""

from __future__ import annotations

from functools import lru_cache

_WORDS = {
    "DEBUG": "TRACE DEBUG FINE FINER FINEST VERBOSE DBG TRC SPAM",
    "INFO": "INFO INFORMATION INFORMATIONAL NOTICE SUCCESS INF DEFAULT",
    "WARNING": "WARNING WARN WRN",
    "ERROR": "ERROR ERR EXCEPTION SEVERE EROR FAIL",
    "CRITICAL": "CRITICAL CRIT ALERT EMERG EMERGENCY PANIC DPANIC",
    "FATAL": "FATAL FTL",
}
LEVELS = {word: level for level, words in _WORDS.items() for word in words.split()}
RANK = {level: rank for rank, level in enumerate((None, "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "FATAL"))}
_SYSLOG = ("CRITICAL", "CRITICAL", "CRITICAL", "ERROR", "WARNING", "INFO", "INFO", "DEBUG")
_PINO = {1: "DEBUG", 2: "DEBUG", 3: "INFO", 4: "WARNING", 5: "ERROR", 6: "FATAL"}
_PYTHON = {1: "DEBUG", 2: "INFO", 3: "WARNING", 4: "ERROR", 5: "CRITICAL"}


@lru_cache(maxsize=1024)
def level_of(word: str) -> str | None:
    """The level that a word names (`err`, `Warn`, `FATAL`, `ERROR+2`, `50`); None if it names none."""
    word = word.strip().upper()
    found = LEVELS.get(word)
    if found is None and word.isascii() and word.isdigit():
        return level_of_number(int(word), "level")
    return found or LEVELS.get(word.partition("+")[0])


def level_of_number(number: float, key: str) -> str | None:
    """The level that a number under this key stands for."""
    value = int(number)
    if "number" in key.lower():
        return _otel(value)
    if key == "levelno":
        return _PYTHON.get(value // 10)
    return _SYSLOG[value] if 0 <= value < 8 else _PINO.get(value // 10)


def _otel(value: int) -> str | None:
    names = ("DEBUG", "DEBUG", "INFO", "WARNING", "ERROR", "FATAL")
    return names[(value - 1) // 4] if 1 <= value <= 24 else None
