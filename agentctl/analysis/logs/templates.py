"""What is left of an error when ids, numbers, times, addresses and quoted text are masked: the kind of error.

Each line is masked on its own, so the groups depend neither on the order of the lines nor on how the log is split. What
tells kinds apart stays: words, exception classes, host and tool names, model names, HTTP status and errno numbers, and in
a provider's error body the keys, with the values that name the fault.
"""

from __future__ import annotations

import re
from functools import lru_cache

from agentctl.analysis.logs.masked_words import mask_path, mask_url, mask_word
from agentctl.analysis.logs.tracebacks import last_error

LIMIT = 400
_READ = 2000
_TOKENS = re.compile(
    r"[A-Za-z]+(?:[ ,:;]+[A-Za-z]+)*(?=[ ,;]|:(?!/)|[.)](?:\s|$)|$)"
    r"|\"(?:[^\"\\]|\\.)*\"|(?<!\w)'(?:[^'\\]|\\.)*'(?!\w)|`[^`]*`"
    r"|[a-z][a-z0-9+.\-]{1,14}://[^\s\"'<>,;)\]}]+"
    r"|[A-Za-z0-9_][^\s\"'`,;()\[\]{}<>|=]*"
    r"|/[^\s\"'`,;()\[\]{}<>|=]+",
    re.ASCII,
)
_NUMBER = re.compile(r"-?\d{1,3}", re.ASCII)
_STATUS_BEFORE = re.compile(
    r"(?:HTTP(?:/\d(?:\.\d)?)?|status(?:[ _]?code)?|code|errno|exit(?:ed)?(?: with)?(?: code| status)?|returned|signal)[\"']?\s*[=:]?\s*[\"'(\[]?-?$",
    re.IGNORECASE,
)
_REASON_AFTER = re.compile(
    r" (?i:OK\b|Bad |Unau|Unpr|Paym|Forb|Not |Meth|Requ|Conf|Gone|Too |Inte|Serv|Gate|Over|Clie)"
)
_KEY_AFTER = re.compile(r"\s*:(?!/)")
_VALUE_BEFORE = re.compile(r"[\"'](?:type|code|message|error|status|reason|param|details?|title|kind)[\"']\s*:\s*$")
# Quoted text that is no mere value: an HTTP status, an address, what an exception says within another's.
_TELLING = re.compile(r"[\"'`](?:[1-5]\d\d [A-Z]|[a-z][a-z0-9+.\-]*://)")
_CLASS_BEFORE = re.compile(r"(?:Error|Exception|Failure|Timeout|Refused)\($")
_NAME = re.compile(r"[A-Za-z_][\w.\-]*", re.ASCII)
_SAID = re.compile(
    r"(?:tool|function|method|module|attribute|import name|object|column|table|relation|model|class|type|KeyError|argument|agent|service|host|named|parameter|field|key)\s*[=:]?\s*$",
    re.IGNORECASE,
)
_CODE_AFTER = re.compile(r" (?:object|is not|has no|tool|model|agent|service)\b")
_GENERIC = re.compile(
    r"(?i)\W*(?:(?:(?:an?|the|unexpected|unhandled|uncaught|internal|fatal|critical|agent|task|run|job|request|server|error|exception|failure|failed|occurred|happened|something|went|"
    r"wrong|traceback|while|during|in|processing|executing|handling|execution|crashed|aborted|was|never|retrieved|with|to|for|id|handle|process|main|loop|event|callback|background)\b|<\w+>)\W*)+"
)

# A logger's name in brackets says nothing about the kind of an error.
_LOGGER = re.compile(r"^(?:\[[\w.\-]{1,80}\]:?\s*){1,2}")


def error_template(message: str, traceback: str | None = None) -> str:
    """The template of an error record: of its first line, with the exception's last line where that line says nothing."""
    first = message.split("\n", 1)[0][:_READ]
    template = mask(first)
    if traceback and (not template or _GENERIC.fullmatch(_LOGGER.sub("", template))):
        end = last_error(traceback)
        if end and end[:_READ] != first:
            template = f"{template.rstrip(' :.-')}: {mask(end[:_READ])}" if template else mask(end[:_READ])
    return template[:LIMIT] or "(no message)"


@lru_cache(maxsize=16_384)
def mask(text: str) -> str:
    """The text with all that varies from one occurrence to the next replaced by `<id>`, `<n>`, `<text>`, `<time>`, …"""
    return " ".join(_TOKENS.sub(_replace, text).split()).replace("<time> <time>", "<time>")


def _replace(match: re.Match[str]) -> str:
    text = match.group()
    first = text[0]
    if first in "\"'`":
        return _quoted(match)
    if first == "/":
        return mask_path(text)
    if "://" in text:
        return mask_url(text)
    if text.isalpha() or " " in text:
        return text
    word = text.rstrip(".:!?")
    if _NUMBER.fullmatch(word) and _is_status(match, len(word)):
        return text
    return mask_word(word) + text[len(word) :]


def _is_status(match: re.Match[str], length: int) -> bool:
    start = match.start()
    if _STATUS_BEFORE.search(match.string[max(0, start - 24) : start]):
        return True
    return length == 3 and match.group()[0] in "12345" and _REASON_AFTER.match(match.string, start + 3) is not None


def _quoted(match: re.Match[str]) -> str:
    text, whole = match.group(), match.string
    before = whole[max(0, match.start() - 24) : match.start()]
    if _KEY_AFTER.match(whole, match.end()) and len(text) < 43 and " " not in text:
        return text
    inner = text[1:-1]
    if _VALUE_BEFORE.search(before) or _TELLING.match(text) or _CLASS_BEFORE.search(before):
        return text[0] + _TOKENS.sub(_replace, inner) + text[-1]
    if _NAME.fullmatch(inner) and ("_" in inner or _SAID.search(before) or _CODE_AFTER.match(whole, match.end())):
        return text[0] + mask_word(inner) + text[-1]
    return "<text>"
