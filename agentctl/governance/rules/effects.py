"""Questions about what a tool can do, declared or assumed from its name."""

from __future__ import annotations

from agentctl.governance.catalogue import effects_of, is_http
from agentctl.governance.policy import Tool

_WRITES = frozenset({"write", "destructive", "external-send", "execute"})


def writes(tool: Tool) -> bool:
    """Whether the tool changes something, or sends something out."""
    return bool(tool.effects & _WRITES) or moves_money(tool)


def is_raw(tool: Tool) -> bool:
    """Whether the tool runs any query that it is given."""
    return "raw-query" in tool.effects


def may_write_raw(tool: Tool) -> bool:
    """Whether nothing says that a raw query tool only reads: it declares that it writes, or does not declare that it reads."""
    only_reads = tool.effects_declared and "read" in tool.effects and not tool.effects & {"write", "destructive"}
    return is_raw(tool) and not only_reads


def runs_code(tool: Tool) -> bool:
    """Whether the tool runs commands or code that it is given."""
    return "execute" in tool.effects


def calls_any_address(tool: Tool) -> bool:
    """Whether the tool sends requests wherever it is told to; judged by its name, as no effect says it."""
    return is_http(tool.name) and bool(tool.effects & {"write", "external-send"})


def moves_money(tool: Tool) -> bool:
    """Whether the tool moves money, rather than only reads about it.

    A tool that declares neither reading nor writing is judged by its name: `get_invoice` reads, `issue_refund` does not.
    """
    if "financial" not in tool.effects:
        return False
    return bool(tool.effects & _WRITES) or not ("read" in tool.effects or "read" in effects_of(tool.name))


def reach_of(tool: Tool) -> str:
    """What a broad tool does, as half a sentence; "" where the tool is no broad one."""
    if runs_code(tool):
        return "runs any command or code"
    if is_raw(tool):
        return "runs any query"
    return "calls any address" if calls_any_address(tool) else ""
