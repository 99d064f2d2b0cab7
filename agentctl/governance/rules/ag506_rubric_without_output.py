"""AG506: an evaluation that asks for what the answer has no place for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from agentctl.governance.names import singulars, words
from agentctl.governance.rules.base import Corpus, Found, LintRule, Page
from agentctl.governance.rules.prompts import Prompt, prompts
from agentctl.governance.rules.wording import quoted
from agentctl.model.finding import Severity

PAGE = Page(
    why="""The rubric scores what the output format cannot hold, so the score is made up by whoever grades, man or model, and the
number that the release hangs on means nothing (ASI09 Human-Agent Trust).""",
    bad="""prompt:
  name: triage
  expected_output_format: json
  evaluation_rubric: [correct_priority, valid_markdown_table]
  system_prompt: Answer with the priority as JSON.
""",
    good="""prompt:
  name: triage
  expected_output_format: json
  evaluation_rubric: [correct_priority, valid_json]
  system_prompt: Answer with the priority as JSON.
""",
    fix="Ask in the rubric for what the format has a place for, or give the format that place (a field, or another format).",
)
# Each row: the words that name one format in a rubric or a format setting.
_FORMATS = {
    "JSON": "json jsonl",
    "YAML": "yaml",
    "XML": "xml",
    "CSV": "csv",
    "HTML": "html",
    "Markdown": "markdown md",
    "plain text": "plaintext",
}
_FORMAT_OF = {word: name for name, row in _FORMATS.items() for word in row.split()}
_STRUCTURED = frozenset({"JSON", "YAML", "XML", "CSV"})
# Markdown and HTML hold code blocks and tables, which may hold anything else.
_HOLDS = {"Markdown": frozenset({"Markdown", "JSON", "YAML", "XML", "CSV", "HTML"}), "HTML": frozenset({"HTML"})}
# Says how something should be, not what.
_QUALITY = frozenset(
    "correct correctly correctness accurate accuracy accurately appropriate appropriately valid validity complete completeness has have "
    "include includes including contain contains present presence proper properly right good quality is are in of the a and with for "
    "to on all each every must clear clarity concise precise precision consistent consistency relevant relevance format formatted output "
    "response answer result value field score match matches follow follows within exact reasonable reasoning safe safety helpful "
    "helpfulness factual grounded grounding faithfulness".split()
)
_NEGATIVE = frozenset("no not never without avoid avoids free zero lack lacks".split())
_PROSE = frozenset(
    "tone polite politeness empathy empathetic friendly friendliness greeting grammar spelling readability fluency wording".split()
)
_PLACE_FOR_PROSE = frozenset(
    "reply response message answer text summary comment body explanation note description reason rationale draft email content".split()
)


def _find(corpus: Corpus) -> Iterator[Found]:
    for prompt in prompts(corpus):
        written = prompt.document.get("prompt", "expected_output_format")
        schema = prompt.document.get("prompt", "output_schema")
        expected, fields = (
            _format(written) or ("JSON" if isinstance(schema, dict) else ""),
            _fields(schema) or _fields(written),
        )
        for place, item in prompt.document.items("prompt", "evaluation_rubric"):
            text = item if isinstance(item, str) else item.get("name") if isinstance(item, dict) else None
            why = _missing(text, expected, fields, prompt) if isinstance(text, str) else ""
            if why:
                yield Found(
                    f"the rubric asks for {quoted(text)}, but {why}, so whoever grades makes the score up. Ask for what the output "
                    "holds, or give the output a place for it.",
                    prompt.at("evaluation_rubric", place),
                    prompt.subject,
                    "Ask for what the output format holds, or change expected_output_format.",
                )


def _missing(text: str, expected: str, fields: frozenset[str], prompt: Prompt) -> str:
    """Why the output does not hold what a rubric item asks for; "" where it may."""
    parts = words(text[:200])
    if not expected or _NEGATIVE & set(parts):
        return ""
    other = next((_FORMAT_OF[word] for word in parts if word in _FORMAT_OF), expected)
    if other not in _HOLDS.get(expected, {expected}):
        return f"the output format is {expected}"
    asked = {form for word in parts if word not in _QUALITY and word not in _FORMAT_OF for form in singulars(word)}
    if not fields or not asked or asked & fields:
        return ""
    if asked & _PROSE:
        return "" if fields & _PLACE_FOR_PROSE else f"the output's fields ({_names(fields)}) hold no prose"
    # The prompt may speak of it by the word that the rubric uses: then it is known to be part of the answer.
    spoken = {form for _, said in prompt.texts() for word in words(said) for form in singulars(word)}
    return (
        "" if asked & spoken or expected not in _STRUCTURED else f"no field of the output ({_names(fields)}) holds it"
    )


def _names(fields: frozenset[str]) -> str:
    return ", ".join(sorted(fields)[:6])


def _format(written: Any) -> str:
    """The one format that a setting names; "" where it names none or several."""
    if isinstance(written, dict):
        kind = written.get("format", written.get("type"))
        return (_format(kind) if isinstance(kind, str) else "") or "JSON"
    if not isinstance(written, str):
        return ""
    found = {_FORMAT_OF[word] for word in words(written[:500]) if word in _FORMAT_OF}
    if not found and written.strip().lower() in ("text", "plain", "plain text", "plain_text"):
        return "plain text"
    return found.pop() if len(found) == 1 else ""


def _fields(written: Any) -> frozenset[str]:
    """The words of the fields that a format setting lists; empty where it lists none."""
    names: list[str] = []
    if isinstance(written, dict):
        inner = written.get("properties") or written.get("fields") or written.get("schema")
        inner = inner.get("properties", inner) if isinstance(inner, dict) else inner
        source = inner if isinstance(inner, dict | list) else {}
        names = [name for name in source if isinstance(name, str)]
    elif isinstance(written, str):
        listed = re.search(r"[{\[(:]\s*([\w\s,\"'|:-]+?)\s*[}\])]?\s*$", written[:500])
        names = re.findall(r"[A-Za-z_]\w+", listed.group(1)) if listed and "," in listed.group(1) else []
    return frozenset(form for name in names for word in words(name) for form in singulars(word))


RULE = LintRule("AG506", "rubric asks for what the output does not hold", Severity.WARNING, ("09",), PAGE, _find)
