"""All codes of the rule catalogue, with the severity and the title of those that no rule module stands for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from agentctl.model.errors import UsageError
from agentctl.model.finding import Severity

# Found while reading documents, or by `policy diff` and `audit`.
OTHERS: dict[str, tuple[Severity, str]] = {
    "AG001": (Severity.ERROR, "not YAML, or beyond the limits"),
    "AG002": (Severity.ERROR, "against the schema"),
    "AG003": (Severity.ERROR, "a document of no known kind"),
    "AG004": (Severity.WARNING, "a suppression that suppresses nothing"),
    "AG801": (Severity.ERROR, "authority widened"),
    "AG901": (Severity.ERROR, "a call outside the effective permissions"),
    "AG902": (Severity.ERROR, "a held action carried out without approval"),
    "AG903": (Severity.ERROR, "a rate limit exceeded"),
    "AG904": (Severity.ERROR, "a run or a day dearer than its cap"),
    "AG905": (Severity.WARNING, "a hole in the audit trail"),
    "AG906": (Severity.ERROR, "personal or financial data read against the flags"),
}


@cache
def all_codes() -> frozenset[str]:
    """Every code there is."""
    from agentctl.governance.rules import RULES

    return frozenset(OTHERS) | {rule.code for rule in RULES}


def chosen(select: Iterable[str], ignore: Iterable[str]) -> frozenset[str]:
    """The codes that `--select` and `--ignore` leave: lists of codes or their beginnings, commas or blanks between them.

    AG001 is always among them: what cannot be read cannot be judged. Raises UsageError for what no code begins with.
    """
    codes = all_codes()
    wanted = _matching(select, "--select") or codes
    return wanted - _matching(ignore, "--ignore") | {"AG001"}


def _matching(texts: Iterable[str], option: str) -> frozenset[str]:
    found: set[str] = set()
    for text in texts:
        for prefix in text.replace(",", " ").split():
            begun = {code for code in all_codes() if code.startswith(prefix.upper())}
            if not begun:
                raise UsageError(
                    "bad-option",
                    f"{option} {prefix}: no rule's code begins so",
                    f"write for instance {option} AG1,AG301",
                )
            found |= begun
    return frozenset(found)
