"""The quick look at a whole file misses nothing that the careful one finds."""

from __future__ import annotations

import random
import string

import pytest
import yaml

from agentctl.documents.load import load_bytes
from agentctl.governance.check import check
from agentctl.governance.secrets import may_hold_secrets

WORD = "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=44))
SETTINGS = (
    "password",
    "db_passwd",
    "API-KEY",
    "apiKey",
    "client_secret",
    "credentials",
    "credential",
    "auth",
    "smtp.auth",
    "token",
)
FORMATS = (
    "sk-" + "ant-" + WORD,
    "gh" + "p_" + WORD,
    "AK" + "IA" + "ABCDEFGHIJKLMNOP"[:16],
    "xo" + "xb-" + WORD[:20],
    WORD,
    "Bearer " + WORD[:20],
)


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("quoted", [True, False])
def test_a_secret_setting_makes_a_file_worth_looking_at(setting: str, quoted: bool) -> None:
    key = f'"{setting}"' if quoted else setting
    for text in (f"x:\n  {key}: aB3xY9qLm2\n", f"- name: {key}\n  value: aB3xY9qLm2\n", f"? {key}\n: aB3xY9qLm2\n"):
        assert may_hold_secrets(text.encode()), text


@pytest.mark.parametrize("secret", FORMATS)
def test_a_secret_makes_a_file_worth_looking_at(secret: str) -> None:
    text = yaml.safe_dump({"prompt": {"name": "p", "system_prompt": f"use {secret} now"}})
    assert may_hold_secrets(text.encode())
    assert "AG505" in [f.code for f in check(load_bytes(text.encode(), "f").documents)]


def test_a_plain_file_is_not() -> None:
    assert not may_hold_secrets(b"agent:\n  name: a\n  decision_authority: {autonomous: [search_kb]}\n  author: x\n")
