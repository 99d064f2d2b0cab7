"""The shapes of stack traces: Python (chained and exception groups too), Java, JavaScript."""

from __future__ import annotations

import re

_HEADER = r"Traceback \(most recent call last\):"
PYTHON_START = re.compile(_HEADER)
GROUP_START = re.compile(rf"\s*\+ Exception Group {_HEADER}")
ENDS_WITH_HEADER = re.compile(rf"{_HEADER}\s*\Z")
CHAIN = re.compile(
    r"During handling of the above exception, another exception occurred:|The above exception was the direct cause of"
)
FRAME = re.compile(r"\s+File \"[^\"\n]{1,500}\", line \d")
AT = re.compile(r"\s+(?:at \S|\.\.\. \d+ (?:more|common))")
CAUSED_BY = re.compile(r"\s*(?:Caused by|Suppressed): ")
# The last line of a Python traceback: a class, and what it says.
PYTHON_END = re.compile(r"[A-Za-z_][\w.<>]{0,200}(?:: |:?$)")
# A bare line that is the first of a Java or JavaScript trace if an `at …` line follows.
EXCEPTION_LINE = re.compile(
    r"(?:Exception in thread \"[^\"\n]{0,200}\" |Uncaught )?[\w.$]{0,200}(?:Error|Exception|Throwable)(?:: |:?$)"
)
# Bare lines that announce that a traceback comes: they and the traceback are one error.
ANNOUNCEMENT = re.compile(
    r"Exception in thread |Exception ignored in|Unhandled exception|Exception in callback |Process \S+:$"
)
# Under `Task exception was never retrieved` asyncio lists what it knows, a line each.
ASYNCIO_DETAIL = re.compile(
    r"(?:future|task|handle|transport|protocol|socket|server|client_session|connector|message): |Object created at|source_traceback: "
)
_GROUP_LINE = re.compile(r"[ |]*\| ([A-Za-z_][\w.]*(?:Group|Error|Exception)\b.*)")
_CAUSE_LINE = re.compile(r"\s*Caused by: (.*)")


def last_error(traceback: str) -> str:
    """The exception that a traceback ends with, as `Class: text`; "" if no line of it is one.

    Of an exception group the group itself, of a Java trace the innermost cause.
    """
    lines = traceback.splitlines()
    for line in reversed(lines):
        cause = _CAUSE_LINE.match(line)
        if cause:
            return cause[1].strip()
        if (
            line[:1].strip()
            and line[0] not in "+|"
            and not PYTHON_START.match(line)
            and not CHAIN.match(line)
            and PYTHON_END.match(line)
        ):
            return line.strip()
    for line in lines:
        group = _GROUP_LINE.match(line)
        if group:
            return group[1].strip()
    return next((line.strip() for line in lines if EXCEPTION_LINE.match(line.strip())), "")
