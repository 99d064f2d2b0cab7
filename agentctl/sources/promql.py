"""Labels put into every selector of a PromQL expression somebody else wrote: by its syntax tree, never by its text.

The tree comes from `promql-parser`, an optional dependency (`pip install 'agentctl[promql]'`). What that parser cannot read is
refused, and so is what would not read back as the same expression: a query is narrowed rightly or not asked at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agentctl.model.errors import SourceError
from agentctl.model.untrusted import shorten, visible
from agentctl.sources.prometheus_selector import quote

_PLAIN_NAME = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")
_HINT = "write the label into the expression, and leave --prometheus-label out"


def narrowed(promql: str, labels: Mapping[str, str]) -> str:
    """The expression with `label="value"` in every vector selector, beside the matchers it has (one for the same label stays:
    both must hold). Raises SourceError("unsupported") without the parser and for what it cannot read."""
    if not labels:
        return promql
    parser = _parser()
    tree = _tree(parser, promql)
    more = [parser.Matcher(parser.MatchOp.Equal, name, value) for name, value in labels.items()]
    text: str = parser.transform(tree, lambda node: _with(parser, node, more)).prettify()
    if _outline(parser, _tree(parser, text), []) != _outline(parser, tree, more):
        raise SourceError("unsupported", f"the labels cannot be put into {_shown(promql)}", _HINT)
    return text


def _parser() -> Any:
    try:
        import promql_parser
    except ImportError as error:
        raise SourceError(
            "unsupported",
            "raw PromQL cannot be narrowed by --prometheus-label without a parser of PromQL",
            "pip install 'agentctl[promql]', or write the label into the expression and leave the option out",
        ) from error
    return promql_parser


def _tree(parser: Any, promql: str) -> Any:
    """The tree of an expression that the parser also writes as it read it."""
    try:
        tree = parser.parse(promql)
        written = tree.prettify()
        if parser.parse(written).prettify() == written:
            return tree
    except ValueError as error:
        why = shorten(visible(str(error)), 120)
        raise SourceError(
            "unsupported", f"--prometheus-label: {_shown(promql)} cannot be read: {why}", _HINT
        ) from error
    raise SourceError("unsupported", f"--prometheus-label: {_shown(promql)} does not read back as it is", _HINT)


def _with(parser: Any, node: Any, more: Sequence[Any]) -> Any:
    """A selector with the matchers added; None for other nodes. The parser's own text of a matcher escapes nothing, so that
    matchers are written here, and only what follows them (offset, @) is the parser's."""
    if not isinstance(node, parser.VectorSelector):
        return None
    groups = [[*group, *more] for group in _groups(node)]
    name = node.name or ""
    if not _PLAIN_NAME.fullmatch(name):
        groups = [[*([parser.Matcher(parser.MatchOp.Equal, "__name__", name)] if name else []), *g] for g in groups]
        name = ""
    inside = " or ".join(",".join(map(_written, group)) for group in groups)
    return parser.parse(f"{name}{{{inside}}}{_modifiers(parser, node)}")


def _groups(node: Any) -> list[Sequence[Any]]:
    """The alternatives of a selector (`{a="1" or b="2"}` of VictoriaMetrics); one for nearly all."""
    held = node.matchers
    return [*([held.matchers] if held.matchers else []), *held.or_matchers] or [[]]


def _written(matcher: Any) -> str:
    signs = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}
    name = matcher.name if _PLAIN_NAME.fullmatch(matcher.name) else quote(matcher.name)
    return name + signs[str(matcher.op).rpartition(".")[2]] + quote(matcher.value)


def _modifiers(parser: Any, node: Any) -> str:
    """Offset and @ as the parser writes them, after a selector that holds nothing else."""
    node.matchers, name = parser.Matchers([]), node.name or ""
    return str(node).removeprefix(name).removeprefix("{}")


def _outline(parser: Any, tree: Any, more: Sequence[Any]) -> tuple[str, list[Any]]:
    """The expression with every selector's matchers taken out, and these beside it, with `more` in each alternative."""
    taken: list[Any] = []

    def visit(node: Any) -> Any:
        if not isinstance(node, parser.VectorSelector):
            return None
        names = [("=", "__name__", node.name)] if node.name else []
        held = [[*names, *((str(m.op), m.name, m.value) for m in (*group, *more))] for group in _groups(node)]
        taken.append(
            [sorted((op.rpartition(".")[2].replace("Equal", "="), k, v) for op, k, v in group) for group in held]
        )
        return parser.parse("x" + _modifiers(parser, node))

    return parser.transform(tree, visit).prettify(), taken


def _shown(promql: str) -> str:
    return shorten(visible(promql), 80)
