"""Nothing secret reaches the disk, however the bytes are cut."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from agentctl.model.observations import Span
from agentctl.model.redaction import MASK, redact
from agentctl.sources.redacting import is_secret_name, redacted_bytes, redacted_object
from agentctl.sources.spans import read_otlp
from agentctl.sources.spans_write import otlp_lines

KEY = "sk-" + "ant-" + "a1B2" * 10
PEM = "-----BEGIN RSA " + "PRIVATE KEY-----\n" + "MIIEvQ\n" * 200 + "-----END RSA " + "PRIVATE KEY-----\n"


def _cut(data: bytes, sizes: list[int]) -> list[bytes]:
    out, start = [], 0
    for size in sizes:
        out.append(data[start : start + size])
        start += size
    return [*out, data[start:]]


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 200_000), max_size=6))
def test_a_secret_is_masked_wherever_the_stream_is_cut(sizes: list[int]) -> None:
    lines = [f"2026-03-03T10:00:00Z line {n}\n" for n in range(12_000)]
    for place in (1, 5_999, 11_999):
        lines[place] = f"2026-03-03T10:00:00Z api_key={KEY} and more\n" + PEM
    text = "".join(lines).encode()
    out = b"".join(redacted_bytes(_cut(text, sizes)))
    assert KEY.encode() not in out
    assert b"MIIEvQ" not in out
    assert out.count(b"line ") == 12_000 - 3
    assert out.count(b"and more\n") == 3


_WORDS = st.sampled_from(
    [
        KEY,
        "sk-" + "proj-" + "z9" * 12,
        "ghp_" + "a" * 24,
        "AKIA" + "A1" * 8,
        "task-1",
        "password=hunter2",
        'API_KEY: "abc def"',
        "input_tokens=7",
        "Authorization: Bearer abcdefgh",
        "x-api-key=q1w2e3",
        "postgres://u:pw123@db/x",
        "http://kb:8000/h",
        "token='abc123'",
        "eyJ" + "a" * 9,
        f"{'eyJ' + 'a' * 9}.{'b' * 9}.c",
        "xoxb-" + "1" * 12,
        "monkey=1",
        "secretName: x",
        "key",
        "=",
        '"',
        "Bearer",
        "client_secret :  zzz9",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(_WORDS, max_size=5).map(" ".join), min_size=1, max_size=8))
def test_the_quick_way_masks_what_the_careful_one_does(lines: list[str]) -> None:
    careful = "".join(redact(f"{line}\n") for line in lines)
    assert b"".join(redacted_bytes([f"{line}\n".encode() for line in lines])).decode() == careful


def test_what_holds_no_secret_passes_unchanged() -> None:
    raw = bytes(range(256)) * 3000 + b"\n" + b"x" * 9_000_000
    assert b"".join(redacted_bytes(_cut(raw, [100_000] * 50))) == raw


def test_objects_are_masked_by_name_and_by_value() -> None:
    password = "hunter" + "2222"
    pod = {
        "metadata": {
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": password},
            "managedFields": [1],
        },
        "spec": {
            "containers": [
                {
                    "args": ["--api-key", password, "--verbose", "yes", f"--token={password}"],
                    "env": [
                        {"name": "ANTHROPIC_API_KEY", "value": password},
                        {"name": "DB_PASSWORD", "value": password},
                        {"name": "MAX_TOKENS", "value": "512"},
                        {"name": "MODEL", "value": "claude"},
                        {"name": "NOTE", "value": f"key {KEY}"},
                        {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "anthropic", "key": "api-key"}}},
                    ],
                }
            ]
        },
    }
    clean = redacted_object(pod)
    said = json.dumps(clean)
    assert password not in said
    assert KEY not in said
    assert "last-applied" not in said
    container = clean["spec"]["containers"][0]
    assert {e["name"]: e.get("value") for e in container["env"]} == {
        "ANTHROPIC_API_KEY": MASK,
        "DB_PASSWORD": MASK,
        "MAX_TOKENS": "512",
        "MODEL": "claude",
        "NOTE": f"key {MASK}",
        "KEY": None,
    }
    assert container["env"][5]["valueFrom"]["secretKeyRef"] == {"name": "anthropic", "key": "api-key"}
    assert container["args"][2:4] == ["--verbose", "yes"]


def test_names_of_secrets() -> None:
    secret = (
        "API_KEY",
        "OPENAI_API_KEY",
        "db-password",
        "GITHUB_TOKEN",
        "clientSecret",
        "AWS_SECRET_ACCESS_KEY",
        "SENTRY_DSN",
    )
    plain = ("MAX_TOKENS", "secretName", "key", "MONKEY", "TOKEN_FILE", "model", "imagePullSecrets", "KEYBOARD")
    assert [name for name in secret if not is_secret_name(name)] == []
    assert [name for name in plain if is_secret_name(name)] == []


_VALUES = st.one_of(
    st.booleans(),
    st.integers(-(2**62), 2**62),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text("abc", max_size=5),
)
_ATTRIBUTES = st.dictionaries(st.sampled_from(["model", "tool", "n"]), _VALUES, max_size=3)
_SPANS = st.builds(
    Span,
    trace_id=st.just("ab" * 16),
    span_id=st.just("cd" * 8),
    parent_id=st.sampled_from(["", "ef" * 8]),
    name=st.sampled_from(["agent.run", "tool.x"]),
    start=st.just(1772532000.25),
    end=st.just(1772532001.5),
    status=st.sampled_from(["ok", "error", "unset"]),
    message=st.text("xyz", max_size=5),
    service=st.just("s"),
    attributes=_ATTRIBUTES,
    resource=st.just({"service.name": "s"}),
)


@given(st.lists(_SPANS, max_size=5))
def test_spans_come_back_as_they_were_written(spans: list[Span]) -> None:
    back = [span for line in otlp_lines(spans) for span in read_otlp(json.loads(line))]
    assert back == spans


def test_a_secret_in_a_span_is_masked() -> None:
    span = Span(
        "ab" * 16,
        "cd" * 8,
        "",
        "tool.x",
        1.0,
        2.0,
        "error",
        f"refused {KEY}",
        attributes={"auth_token": "abcdef", "k": KEY},
    )
    assert KEY not in (line := "".join(otlp_lines([span])))
    assert "abcdef" not in line
