"""The page of every code: what it means, why it matters, a document it finds and one it does not, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from agentctl.governance.codes import OTHERS
from agentctl.model.finding import Severity

OWASP = {
    "01": "Goal Hijack",
    "02": "Tool Misuse",
    "03": "Identity & Privilege Abuse",
    "04": "Supply Chain",
    "05": "Unexpected Code Execution",
    "06": "Memory & Context Poisoning",
    "07": "Insecure Inter-Agent Communication",
    "08": "Cascading Failures",
    "09": "Human-Agent Trust",
    "10": "Rogue Agents",
}


@dataclass(frozen=True, slots=True)
class RulePage:
    """One page. `bad` and `good` are YAML (or a line of output); each text may be empty. `asi` are OWASP ASI numbers."""

    code: str
    title: str
    severity: Severity
    why: str = ""
    bad: str = ""
    good: str = ""
    fix: str = ""
    asi: tuple[str, ...] = ()

    @property
    def threats(self) -> list[str]:
        """The OWASP threats it guards against: `ASI02 Tool Misuse`."""
        return [f"ASI{number} {OWASP.get(number, '')}".strip() for number in self.asi]

    @property
    def text(self) -> str:
        """The page as plain text."""
        parts = [f"{self.code} ({self.severity.label}): {self.title}", self.why]
        parts += [f"Found:\n{_indented(self.bad)}"] if self.bad else []
        parts += [f"Better:\n{_indented(self.good)}"] if self.good else []
        parts += [f"What to do: {self.fix}"] if self.fix else []
        parts += (
            [f"Guards against: {', '.join(self.threats)} (OWASP Top 10 for Agentic Applications)"] if self.asi else []
        )
        return "\n\n".join(part.strip("\n") for part in parts if part)

    @property
    def markdown(self) -> str:
        """The page as Markdown."""
        parts = [f"**{self.code}** ({self.severity.label}): {self.title}", self.why]
        parts += [f"Found:\n```yaml\n{self.bad.strip()}\n```"] if self.bad else []
        parts += [f"Better:\n```yaml\n{self.good.strip()}\n```"] if self.good else []
        parts += [f"**What to do:** {self.fix}"] if self.fix else []
        parts += (
            [f"Guards against: {', '.join(self.threats)} (OWASP Top 10 for Agentic Applications)"] if self.asi else []
        )
        return "\n\n".join(part for part in parts if part)


def page_of(code: str) -> RulePage | None:
    """The page of a code; None where there is no such code."""
    return pages().get(code)


@cache
def pages() -> dict[str, RulePage]:
    """Every page by code, in the order of the codes."""
    from agentctl.governance.rules import RULES

    found = {rule.code: RulePage(rule.code, rule.title, rule.severity, *rule.page, rule.asi) for rule in RULES}
    for code, (severity, title) in OTHERS.items():
        found.setdefault(code, RulePage(code, title, severity, *_TEXTS[code]))
    return dict(sorted(found.items()))


def _indented(text: str) -> str:
    return "\n".join("  " + line for line in text.strip("\n").split("\n"))


# Why, found, better, what to do.
_TEXTS: dict[str, tuple[str, str, str, str]] = {
    "AG001": (
        "A file that cannot be read governs nothing, and no other rule can look at it. Beyond 16 MiB, 200 levels or 100,000 nodes "
        "(every alias counted as often as it is used) a document is refused as well, because whoever loads it would suffer.",
        "agent:\n  name: support\n  name: support-v2   # twice: YAML keeps one of them\n",
        "agent:\n  name: support-v2\n",
        "go to the line and column. Indent with spaces, quote what starts with a special sign, write every key once, save as UTF-8.",
    ),
    "AG002": (
        "A key that nobody knows is read by nobody: a limit under a misspelt name limits nothing. A value of the wrong type is read "
        "differently by every program.",
        "agent:\n  name: support\n  max_retrys: 3\n",
        "agent:\n  name: support\n  max_retries: 3\n",
        "write what the message says; `agentctl schema show agent-config` has every key with its meaning.",
    ),
    "AG003": (
        "A file that was named to be checked holds nothing that agentctl knows, so nothing in it was checked.",
        "agents:\n  name: support\n",
        "agent:\n  name: support\n",
        "give the document its top-level key (agent, prompt, orchestrator …), or force a kind with --kind.",
    ),
    "AG004": (
        "A suppression is a decision: it names the rule, says why, and may end. One that suppresses nothing hides the next finding "
        "at that line.",
        "    - send_email  # agentctl: ignore[AG301]\n",
        '    - send_email  # agentctl: ignore[AG301] reason="limited by the mail gateway" until=2027-03-01\n',
        "give it a reason in quotes, correct the code, or remove it.",
    ),
    "AG801": (
        "A change that lets an agent do more than before is the one to look at twice: a tool added, a review turned into "
        "autonomy, a flag opened, a limit or budget raised, a gate removed.",
        "  allowed_tools: [search_kb, send_email]   # send_email is new\n",
        '    - send_email  # agentctl: ignore[AG801] reason="agreed with security" until=2027-03-01\n',
        "undo the change, or approve it at its line with a reason and a last day.",
    ),
    "AG901": (
        "The agent called a tool that its governance does not grant: the allowlist is not enforced where the agent runs.",
        "TOOL_CALL: delete_customer   (not in allowed_tools)",
        "",
        "enforce the allowlist in the runtime, or grant the tool after a review.",
    ),
    "AG902": (
        "An action that a person must approve was carried out, and no approval is on record.",
        "TOOL_CALL: send_email   (requires_human_review)",
        "",
        "make the runtime wait for the approval, and log it.",
    ),
    "AG903": (
        "More calls in a window than the governance allows: the limit is not enforced where the agent runs.",
        "12 calls of send_email in an hour, max_emails_per_hour: 10",
        "",
        "count calls across all pods in one place, and refuse beyond the limit.",
    ),
    "AG904": (
        "A run or a day cost more than its cap, so the cap does not act.",
        "run 8f2 cost $3.10, max_cost_per_run_usd: 2.00",
        "",
        "stop a run when it reaches its cap; alert before the daily budget is spent.",
    ),
    "AG905": (
        "Metrics or traces count calls that no log line records. What is not on record cannot be audited.",
        "120 calls of search_kb in the metrics, 97 in the logs",
        "",
        "log every tool call, keep the logs of all containers and of those that restarted.",
    ),
    "AG906": (
        "Personal or financial data was read by an agent whose flags refuse it.",
        "TOOL_CALL: get_customer   (allow_pii: false)",
        "",
        "enforce the flags in the runtime, or open them after a review.",
    ),
}
