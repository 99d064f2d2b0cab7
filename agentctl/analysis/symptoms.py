"""What an error text says: which kind of failure, and of whom (a provider, a tool, a host).

The texts are those that the providers' own SDKs print (anthropic, openai, google-genai, botocore, litellm), that HTTP clients
print (requests, httpx, aiohttp, urllib3, grpc), and the sentences of the reference agent ("Rate limit exceeded: 5 tickets in
last hour"). A text that fits nothing is kind `other`: it is counted, never forced into a class.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

# Kinds, the more specific first: the first pattern that matches decides.
(
    OWN_LIMIT,
    QUOTA,
    CREDENTIAL,
    RATE_LIMIT,
    CONTEXT,
    CONCURRENCY,
    HOPS,
    OVERLOAD,
    TIMEOUT,
    CONNECTION,
    SERVER,
    MEMORY,
    CODE,
    OTHER,
) = (
    "own-limit",
    "quota",
    "credential",
    "rate-limit",
    "context-length",
    "concurrency",
    "hops",
    "overload",
    "timeout",
    "connection",
    "server-error",
    "memory",
    "code",
    "other",
)
# A peer that did not do its work, whoever it is.
DOWN = frozenset({OVERLOAD, TIMEOUT, CONNECTION, SERVER})


@dataclass(frozen=True, slots=True)
class Symptom:
    """What a text says. `provider`, `tool`, `host` and `limit_noun` are "" where it does not say; `model_side` = it speaks of
    the model, not of a tool."""

    kind: str
    provider: str = ""
    tool: str = ""
    host: str = ""
    limit_noun: str = ""
    model_side: bool = False


_CODE = r"(?:error code|status(?:[ _]?code)?|http(?:/\d(?:\.\d)?)?|code|response|returned|got|error)\W{0,4}"
_KINDS: tuple[tuple[str, str], ...] = (
    (
        OWN_LIMIT,
        r"budget (?:has been |is )?(?:exceeded|exhausted|used up|spent)|(?:daily|run) budget|max_daily_spend|max_cost_per_run|rate limit exceeded: ?\d+ \w+ in (?:the )?(?:last|past)|max_[a-z_]+_per_(?:second|minute|hour|day)"
        r"|(?:governance|policy|agent)(?:'s)? (?:rate )?limit|\d+ \w+ (?:in|per) (?:the )?(?:last |past )(?:second|minute|hour|day)",
    ),
    (
        QUOTA,
        r"insufficient[_ ]quota|exceeded your current quota|credit balance is too low|billing[_ ](?:hard[_ ]limit|error|not[_ ]active)"
        r"|(?:monthly|daily|weekly|usage|spend(?:ing)?|organi[sz]ation|account|billing|budget)[ _](?:usage |spend(?:ing)? |token |request )?(?:limit|quota|cap)s?\b[^.]{0,40}(?:reach|exceed|exhaust|hit|used up|spent)"
        r"|(?:reached|exceeded|hit|exhausted|over) (?:your|the|its|our)[^.]{0,40}(?:monthly|usage|spend|billing|quota|credit)"
        r"|specified api usage limits|quota[ _](?:has been |is )?(?:exceeded|exhausted|spent|used up)(?!.{0,80}per[ _]?minute)|(?:exceeded|exhausted)[ _](?:the )?(?:monthly |api )?quota"
        r"|out of credits?|no credits? (?:left|remaining)|payment required|" + _CODE + r"402\b",
    ),
    (
        CREDENTIAL,
        r"authentication[_ ]?error|authenticationerror|invalid[ _](?:x-)?api[-_ ]?key|incorrect api key|api[-_ ]?key[ _](?:is )?(?:not valid|invalid|expired|revoked|rejected|disabled)"
        r"|api_key_invalid|invalid[ _]authentication|unauthenticated|unrecognizedclientexception|security token[^.]{0,30}(?:invalid|expired)"
        r"|expired ?token|invalidsignatureexception|permission_?denied|permission_error|permissiondeniederror|\bunauthori[sz]ed\b|invalid (?:bearer )?(?:token|credentials?)"
        r"|(?:key|token|credentials?) (?:was |were |has been )?(?:rejected|revoked|refused|expired)|"
        + _CODE
        + r"40[13]\b|\b401\b",
    ),
    (
        RATE_LIMIT,
        r"rate[_ -]?limit|ratelimit|too many requests|throttl|resource_?exhausted|requests per min|tokens per min|\b[rt]pm\b[^.]{0,20}limit|"
        + _CODE
        + r"429\b|\b429\b",
    ),
    (
        CONTEXT,
        r"prompt is too long|context[_ ]length|maximum context|context window|too many (?:input )?tokens|input is too long",
    ),
    (
        CONCURRENCY,
        r"max(?:imum)?[_ ]concurrent[_ ]runs?|runs? queued|free (?:run )?slot|no (?:free )?(?:run )?slots?|too many concurrent|concurrency limit|no free (?:slot|worker)|queue (?:is )?full|run queue|saturated",
    ),
    (
        HOPS,
        r"max(?:imum)?[_ ](?:agent[_ ])?hops?|hop limit|recursion[_ ](?:limit|error)|loop detected|too many hand-?offs",
    ),
    (OVERLOAD, r"overloaded|" + _CODE + r"529\b|\b529\b|at capacity|model is (?:currently )?(?:unavailable|not ready)"),
    (
        TIMEOUT,
        r"timed?[ -]?out|timeout|deadline[_ ]exceeded|" + _CODE + r"504\b|gateway time",
    ),
    (
        CONNECTION,
        r"connection[^.]{0,80}\brefused|connection ?(?:refused|reset|error|aborted|closed)|connect(?:ion)? ?(?:error|failed)|connecterror|apiconnectionerror|econnrefused|econnreset|ehostunreach"
        r"|cannot connect|failed to (?:establish|connect)|no route to host|network is unreachable|host (?:is )?unreachable|unreachable|name or service not known"
        r"|name resolution|getaddrinfo|nodename nor servname|no such host|could not resolve|nxdomain|remote end closed|server disconnected|broken pipe"
        r"|max retries exceeded|newconnectionerror|not reachable|upstream connect",
    ),
    (
        SERVER,
        r"internal[ _]?server[ _]?error|internalservererror|bad gateway|service[ _]?unavailable|serviceunavailable|api_error|server[_ ]error|"
        + _CODE
        + r"5\d\d\b|\b50[0234]\b|tool (?:is )?(?:down|unavailable)|health ?check failed",
    ),
    (MEMORY, r"memoryerror|out of memory|cannot allocate memory|oom[- ]?kill"),
    (
        CODE,
        r"\b(?:key|type|attribute|value|index|name|import|modulenotfound|assertion|zerodivision|notimplemented|syntax|unboundlocal|lookup|jsondecode|validation|schema)error\b"
        r"|no module named|has no attribute|unexpected keyword|missing \d+ required|is not defined|cannot import|not subscriptable|traceback|expecting (?:value|property name|.{0,4} ?delimiter)|parse (?:error|failure)|invalid json|unhandled exception|panic",
    ),
)
_COMPILED = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _KINDS)

_PROVIDERS: tuple[tuple[str, str], ...] = (
    ("bedrock", r"bedrock|unrecognizedclientexception|throttlingexception|botocore"),
    ("azure", r"azure|openai\.azure\.com"),
    (
        "anthropic",
        r"anthropic|claude|overloaded_error|'type': 'error', 'error':|x-api-key|rate_limit_error|authentication_error|credit balance is too low",
    ),
    (
        "openai",
        r"openai|\bgpt-|insufficient_quota|exceeded your current quota|platform\.openai|'param': |incorrect api key provided|\bo[134]-",
    ),
    ("google", r"gemini|vertex|generativelanguage|googleapis|google\.(?:api|genai)|resource_exhausted|api_key_invalid"),
    ("mistral", r"mistral"),
    ("cohere", r"cohere|command-r"),
    ("groq", r"groq"),
    ("deepseek", r"deepseek"),
    ("xai", r"\bxai\b|\bgrok-"),
)
_PROVIDER = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _PROVIDERS)
_MODEL_SIDE = re.compile(
    r"\bllm\b|llm[_.]call|\bmodel\b|completion|\bmessages\.create|api ?statuserror|inference|provider|tokens? per|input.tokens|\bapi quota\b"
    # The words of the providers' own SDKs, which name nobody: `Error code: 500 - {…}`, APIConnectionError, APITimeoutError.
    r"|error code: \d{3} - \{|^connection error\.?$|^request timed out\.?|\bapi(?:connection|timeout|status)error\b",
    re.IGNORECASE | re.MULTILINE,
)
_URL_HOST = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^\s/@'\"]*@)?\[?([A-Za-z0-9_.-]+)\]?", re.IGNORECASE)
_HOST = re.compile(
    r"(?:host(?:name)?\s*[=:]\s*|connect(?:ion)? to (?:host )?|connecting to |upstream |not known: |reach(?:ing)? |resolve (?:host )?|lookup |dial tcp:? (?:lookup )?)"
    r"['\"]?(?!the\b|server\b|host\b|a\b|remote\b|upstream\b)([A-Za-z0-9][A-Za-z0-9_.-]*[A-Za-z0-9])",
    re.IGNORECASE,
)
_HOST_PORT = re.compile(r"(?<![\w.:/-])([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*):(\d{2,5})(?!\d|:)", re.IGNORECASE)
_TOOL = re.compile(
    r"(?:\btools?[ .:=/]+|execute_tool[ =:]+|\btool[_ ]name['\"]?\s*[=:]\s*|\btool_call:?\s+)['\"`]?([A-Za-z][A-Za-z0-9_-]{1,63})",
    re.IGNORECASE,
)
_LIMIT_NOUN = re.compile(
    r"rate limit exceeded: ?\d+ ([a-z]+)|max_([a-z_]+?)_per_|\d+ ([a-z]+) (?:in|per) (?:the )?(?:last|past)",
    re.IGNORECASE,
)
_NOT_A_TOOL = frozenset(
    "call calls failed error is was not the a timeout returned unavailable down execution use names name server response call_id for  in on at has took "
    "arguments argument args input output result results error_code id use_id list message content".split()
)


@lru_cache(maxsize=20_000)
def read_symptom(text: str, tools: frozenset[str] = frozenset()) -> Symptom:
    """Classify one error text. `tools` are the tool names that are known; a word among them is that tool."""
    # Many time-outs print no text at all: `str(httpx.ReadTimeout())` is empty.
    kind = next((name for name, pattern in _COMPILED if pattern.search(text)), OTHER) if text.strip() else TIMEOUT
    tool = _tool(text, tools)
    host = _host(text)
    provider = "" if tool or kind == OWN_LIMIT else _provider(text)
    if provider and host and not _is_provider_host(host):
        # A provider's word may stand in the query that was sent to a tool.
        provider = provider if kind in (QUOTA, CREDENTIAL, RATE_LIMIT, OVERLOAD) and not tool else ""
    limit = _LIMIT_NOUN.search(text) if kind == OWN_LIMIT else None
    noun = next((g for g in limit.groups() if g), "") if limit else ""
    model_side = bool(provider) or (not tool and not host and (kind == QUOTA or bool(_MODEL_SIDE.search(text))))
    return Symptom(kind, provider, tool, "" if provider else host, noun.lower(), model_side)


def provider_of_model(model: str) -> str:
    """The provider behind a model name (`claude-sonnet-4` → anthropic, `bedrock/…` → bedrock); "" where it is not known."""
    word = model.lower()
    for prefix, name in _MODEL_PREFIXES:
        if word.startswith(prefix) or f"/{prefix}" in word or f".{prefix}" in word:
            return name
    return _provider(word)


_MODEL_PREFIXES = (
    ("bedrock", "bedrock"),
    ("azure", "azure"),
    ("claude", "anthropic"),
    ("anthropic", "anthropic"),
    ("gpt", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("text-embedding-", "openai"),
    ("chatgpt", "openai"),
    ("gemini", "google"),
    ("mistral", "mistral"),
    ("mixtral", "mistral"),
    ("command", "cohere"),
    ("deepseek", "deepseek"),
    ("grok", "xai"),
    ("llama", "meta"),
)


def _provider(text: str) -> str:
    return next((name for name, pattern in _PROVIDER if pattern.search(text)), "")


def _is_provider_host(host: str) -> bool:
    return bool(_provider(host)) or host.startswith("api.")


def _tool(text: str, tools: frozenset[str]) -> str:
    if tools:
        for word in re.findall(r"[A-Za-z][A-Za-z0-9_-]+", text):
            if word in tools:
                return str(word)
    for match in _TOOL.finditer(text):
        name = match.group(1)
        # Where the tools are known, an unknown word is one only if it is written as a name.
        if name.lower() not in _NOT_A_TOOL and (not tools or "_" in name or not match.group().endswith(f" {name}")):
            return name
    return ""


def _host(text: str) -> str:
    for pattern in (_URL_HOST, _HOST, _HOST_PORT):
        match = pattern.search(text)
        if match and match.group(1).lower() not in (
            "file",
            "line",
            "error",
            "errno",
            "code",
            "status",
            "http",
            "https",
        ):
            return match.group(1).lower().rstrip(".")
    return ""
