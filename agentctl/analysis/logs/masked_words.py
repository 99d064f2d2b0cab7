"""Single words with what varies in them masked: ids, counters, hashes, times, sizes, addresses."""

from __future__ import annotations

import re

_DIGIT = re.compile(r"\d", re.ASCII)
_WHOLE = (
    (
        "<address>",
        re.compile(r"(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?|(?:[0-9a-fA-F]{0,4}:){3,7}[0-9a-fA-F]{1,4}", re.ASCII),
    ),
    ("<n>", re.compile(r"\d+(?:[.,]\d+)*(?:[kKMGT]i?[bB]?|[bB]|USD|x|%|th|st|nd|rd)?", re.ASCII)),
    ("<duration>", re.compile(r"(?:\d+(?:\.\d+)?(?:ns|us|ms|s|secs?|seconds|m|mins?|h|d))+", re.ASCII)),
    (
        "<time>",
        re.compile(
            r"\d{4}[-/]\d\d[-/]\d\d(?:T\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?|\d\d:\d\d:\d\d(?:[.,]\d+)?Z?",
            re.ASCII,
        ),
    ),
    ("<id>", re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)),
    ("<hex>", re.compile(r"0[xX][0-9a-fA-F]+", re.ASCII)),
)
_EMAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+", re.ASCII)
_ID = re.compile(
    r"(?:req|request|msg|toolu|call|chatcmpl|run|thread|asst|file|batch|sess|session|trace|span|org|user|cust|resp|evt|id)[_\-]"
    r"(?=[A-Za-z0-9]*(?:\d|[a-z][A-Z]|[A-Z]{2}))[A-Za-z0-9]{8,}",
    re.ASCII,
)
# The digits of a model's name tell models apart.
_MODEL = re.compile(
    r"(?:[\w.\-]+/)?(?:claude|gpt|chatgpt|gemini|gemma|llama|mistral|mixtral|deepseek|qwen|grok|command|text-embedding|titan|nova|sonnet|haiku|opus|phi|o[134])-?[A-Za-z0-9][\w.:\-]*|o[134]",
    re.ASCII | re.IGNORECASE,
)
_KNOWN = re.compile(
    r"utf8|utf16|latin1|http[123]|ipv[46]|oauth2?|base(?:16|32|64)|sha(?:1|2|3|224|256|384|512)|md5|s3|ec2|k8s|x86|x64|u?int(?:8|16|32|64)|float(?:16|32|64)"
    r"|arm64|amd64|python[23]|v\d{1,3}|h2|log4j|neo4j|urllib3|boto3|psycopg[23]|p(?:50|90|95|99)",
    re.ASCII | re.IGNORECASE,
)
_SPLIT = re.compile(r"([^A-Za-z0-9]+)", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{6,}|[0-9A-F]{6,}", re.ASCII)
_COUNTED = re.compile(r"([A-Za-z]{2,}?)\d+", re.ASCII)
_LETTER = re.compile(r"[A-Za-z]", re.ASCII)
# NAME-HASH-SUFFIX, the hash of a pod's template and a suffix of the letters and digits that Kubernetes draws from.
_POD = re.compile(r"([a-z][a-z0-9\-]*)-(?=[a-z]*\d)[a-z0-9]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}", re.ASCII)
_HOST_ADDRESS = re.compile(r"[\d.]+(?::\d+)?|\[.*", re.ASCII)


def mask_word(word: str) -> str:
    """`cust_4829` → `cust_<id>`, `req_011CSH…` → `<id>`, `3.2s` → `<duration>`; `search_kb`, `claude-sonnet-4-5`, `v2` stay."""
    if _DIGIT.search(word) is None:
        if "@" in word and _EMAIL.fullmatch(word):
            return "<email>"
        return "<id>" if _ID.fullmatch(word) else word
    for name, pattern in _WHOLE:
        if pattern.fullmatch(word):
            return name
    if _MODEL.fullmatch(word):
        return word
    if _ID.fullmatch(word):
        return "<id>"
    if "@" in word and _EMAIL.fullmatch(word):
        return "<email>"
    pod = _POD.fullmatch(word)
    if pod:
        return f"{pod[1]}-<id>-<id>"
    number = "<n>" if _LETTER.search(word) is None else "<id>"
    return "".join(_part(part, number) if part and part[0].isalnum() else part for part in _SPLIT.split(word))


def _part(part: str, number: str) -> str:
    if _DIGIT.search(part) is None or _KNOWN.fullmatch(part):
        return part
    if part.isdigit():
        return number
    if _HEX.fullmatch(part):
        return "<id>"
    counted = _COUNTED.fullmatch(part)
    if counted:
        return counted[1] + "<n>"
    return "<id>" if len(part) >= 5 else re.sub(r"\d+", "<n>", part)


def mask_path(path: str) -> str:
    """A file or URL path: the parts that are ids are masked, the query is dropped."""
    path = path.partition("?")[0].partition("#")[0]
    return "/".join(mask_word(part) for part in path.split("/"))


def mask_url(url: str) -> str:
    """Scheme and host stay, unless the host is an address; user and query go; the path is masked part by part."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    host = host.partition("?")[0].rpartition("@")[2]
    name, colon, port = host.partition(":")
    shown = "<address>" if _HOST_ADDRESS.fullmatch(host) else mask_word(name) + colon + port
    return f"{scheme}://{shown}{slash}{mask_path(path)}"
