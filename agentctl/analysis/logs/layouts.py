"""The commonest layouts of plain lines as regular expressions over whole blocks: many lines a call, what is rare left over.

Each takes the lines that `text` would read in the same way, in printable ASCII only; in doubt a line is left over.
"""

from __future__ import annotations

import re
from functools import lru_cache

# The captured minute is checked when it is read; a second time, which is skipped, must be checked here.
_STAMP = rb"(\d{4}-\d\d-\d\dT\d\d:\d\d)(:[0-5]\d(?:\.\d{1,9})?)Z "
_OWN = rb"(\d{4}-\d\d-\d\d \d\d:\d\d)(:[0-5]\d(?:[,.]\d{1,9})?)"
_OWN_TOO = (
    rb"[12]\d{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    rb" (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:[,.]\d{1,9})?"
)
_MARKERS = rb"TOOL_CALL|LLM_CALL|BLOCKED|Attempt"
# A logger's name; a word in capitals may be a level, so it is left to the long way.
_NAME = rb"(?!" + _MARKERS + rb"|[A-Z]+\b)[A-Za-z][\w.\-]{0,60}"
# A logger's name that nothing but a blank parts from the call after it; `markers` takes it off in the same way.
_LOGGER = rb"(?!" + _MARKERS + rb")[A-Za-z]\w{0,30}[.\-_][\w.\-]{1,60} (?=LLM_CALL model=|TOOL_CALL: )"
_QUIET = rb"(INFO|DEBUG)"
_LOUD = rb"(WARNING|ERROR|CRITICAL)"
# The usual layouts: what stands between the time and the message, for records below warning and for the others.
HEADS = {
    "default": (_QUIET + rb":" + _NAME + rb":", _LOUD + rb":" + _NAME + rb":"),
    "dashes": (rb" - " + _NAME + rb" - " + _QUIET + rb" - ", rb" - " + _NAME + rb" - " + _LOUD + rb" - "),
    "spaces": (
        rb" " + _QUIET + rb" {1,5}(?:\[" + _NAME + rb"\] |" + _NAME + rb": |" + _LOGGER + rb")?",
        rb" " + _LOUD + rb" {1,5}(?![\-|])",
    ),
}
_REST = (
    rb"(?:LLM_CALL model=([\w.\-:/@]{1,100}) input_tokens=(\d{1,12}) output_tokens=(\d{1,12}) cost=\$(\d{1,8}\.\d{6})"
    rb"|TOOL_CALL: ([\w.\-]{1,100})((?: [!-~][ -~]{0,2000})?)"
    # A plain message; what may be a marker with a name before it goes the long way.
    rb"|(?!" + _MARKERS + rb"|[\[|(<\-]|[\w./\-<>]{1,80}(?::|\s{1,80}(?:[-|]|" + _MARKERS + rb")))[!-~][ -~]{0,4000})"
)
# A warning's or error's message; what the long way would take off its front is left to it.
_MESSAGE = rb"(?![\w.<>]{1,200}:[\w<>]{1,100}:\d|\d{1,10} ---)([!-~][ -~]{0,4000})"
# One line, split.
Row = tuple[bytes, ...]


@lru_cache(maxsize=16)
def layout(head: str, stamped: bool) -> re.Pattern[bytes]:
    """Splits a line into (minute, second, level, model, input, output, cost, tool, arguments, loud level, message, other)."""
    own = head != "default"
    front = _STAMP + (_OWN_TOO if own else b"") if stamped else (_OWN if own else rb"()()")
    quiet, loud = HEADS[head]
    return re.compile(rb"(?:" + front + rb"(?:" + quiet + _REST + rb"|" + loud + _MESSAGE + rb")|([^\n]*))\n")
