"""How well errors are grouped, and how fast: masking each line on its own, against a mined tree (drain3) and first words.

Run with -s to see the table. A kind of error is *whole* if all its lines are in one group, a group is *mixed* if lines of
two kinds are in it. A method is *stable* if the groups are the same when the lines come in another order.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from time import process_time

import pytest

from agentctl.analysis.logs.templates import error_template, mask

KINDS = (
    "Tool search_kb failed for customer {n}: connection refused",
    "Tool get_customer failed for customer {n}: connection refused",
    "Tool search_kb failed for customer {n}: read timed out after {s}s",
    "Tool 'create_ticket' rejected ticket T-{n}",
    "Tool 'send_email' rejected ticket T-{n}",
    "Error code: 429 - {{'type': 'error', 'error': {{'type': 'rate_limit_error', 'message': 'limit of {n} tokens'}}, 'request_id': 'req_{h}'}}",
    "Error code: 529 - {{'type': 'error', 'error': {{'type': 'overloaded_error', 'message': 'Overloaded'}}, 'request_id': 'req_{h}'}}",
    "Error code: 401 - {{'error': {{'message': 'Incorrect API key provided', 'code': 'invalid_api_key'}}}}",
    "HTTPConnectionPool(host='kb-service', port=8000): Read timed out. (read timeout={s})",
    "HTTPConnectionPool(host='crm-service', port=8000): Read timed out. (read timeout={s})",
    "Client error '404 Not Found' for url 'http://kb-service:8000/search/{n}'",
    "Client error '404 Not Found' for url 'http://crm-service:8000/customers/{n}'",
    "Server error '503 Service Unavailable' for url 'http://kb-service:8000/search/{n}'",
    "Task {u} failed: ValueError: bad value {n}",
    "Task {u} failed: KeyError: 'usage'",
    "Task {u} failed: KeyError: 'choices'",
    "Query failed: '{w}'",
    "PII access denied for user {w}@example.com",
    "pod triage-{h8}-x2x9z lost its lease after {s}s",
    "connect to {ip}:{n} failed: [Errno 111] Connection refused",
    "connect to {ip}:{n} failed: [Errno 110] Connection timed out",
    "model claude-sonnet-4-20260514 not found",
    "model claude-opus-4-20260514 not found",
    "Budget exceeded: spent ${s} of ${n}.00",
    "Rate limit exceeded: {n} tickets in last hour",
)
WORDS = "refund invoice password reset upgrade login address order".split()


def corpus(count: int, seed: int) -> list[tuple[int, str]]:
    """(kind, line), the kinds as unevenly spread as real errors are."""
    dice = random.Random(seed)
    lines = []
    for _ in range(count):
        kind = min(int(dice.expovariate(0.15)), len(KINDS) - 1)
        words = " ".join(dice.sample(WORDS, dice.randint(2, 4))) if "'{w}'" in KINDS[kind] else dice.choice(WORDS)
        hexa = f"{dice.getrandbits(96):024x}"
        uuid = f"{hexa[:8]}-{hexa[8:12]}-{hexa[12:16]}-{hexa[16:20]}-{hexa[:12]}"
        ip = ".".join(str(dice.randint(1, 250)) for _ in range(4))
        number, seconds = dice.randint(1, 99_999), f"{dice.uniform(0.1, 60):.1f}"
        lines.append((kind, KINDS[kind].format(n=number, s=seconds, h=hexa, h8=hexa[:8], u=uuid, w=words, ip=ip)))
    return lines


def masked(lines: Sequence[str]) -> list[str]:
    mask.cache_clear()
    return [error_template(line) for line in lines]


def first_words(lines: Sequence[str]) -> list[str]:
    return [" ".join("<n>" if any(c.isdigit() for c in w) else w for w in line.split()[:4]) for line in lines]


def drained(lines: Sequence[str]) -> list[str]:
    drain3 = pytest.importorskip("drain3")
    from drain3.masking import MaskingInstruction
    from drain3.template_miner_config import TemplateMinerConfig

    config = TemplateMinerConfig()
    config.masking_instructions = [MaskingInstruction(r"\b\d+(?:\.\d+)*\b", "n")]
    miner = drain3.TemplateMiner(config=config)
    return [str(miner.add_log_message(line)["cluster_id"]) for line in lines]


def quality(method: Callable[[Sequence[str]], list[str]], lines: Sequence[tuple[int, str]]) -> dict[str, float]:
    start = process_time()
    groups = method([line for _, line in lines])
    seconds = process_time() - start
    of_kind, of_group = defaultdict(set), defaultdict(set)
    for (kind, _), group in zip(lines, groups, strict=True):
        of_kind[kind].add(group)
        of_group[group].add(kind)
    order = list(range(len(lines)))
    random.Random(5).shuffle(order)
    again = dict(zip(order, method([lines[i][1] for i in order]), strict=True))
    same = Counter((groups[i], again[i]) for i in order)
    stable = len(same) == len(set(groups)) == len(set(again.values()))
    return {
        "kinds": len(of_kind),
        "groups": len(of_group),
        "whole": sum(len(g) == 1 for g in of_kind.values()),
        "mixed": sum(len(k) > 1 for k in of_group.values()),
        "stable": stable,
        "us a line": seconds / len(lines) * 1e6,
    }


def test_masking_groups_better_than_the_others_and_does_not_depend_on_the_order():
    lines = corpus(6000, 1)
    found = {method.__name__: quality(method, lines) for method in (masked, first_words, drained)}
    for name, row in found.items():
        print(f"{name:12}", "  ".join(f"{k} {v:.0f}" if k != "stable" else f"stable {v}" for k, v in row.items()))
    ours = found["masked"]
    assert ours["whole"] == ours["kinds"] == ours["groups"]
    assert ours["mixed"] == 0
    assert ours["stable"]
    assert found["drained"]["mixed"] > 0
    assert found["first_words"]["mixed"] > 0
