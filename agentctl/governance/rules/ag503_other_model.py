"""AG503: a prompt made for another model than its agent runs on."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Corpus, Found, LintRule, Page
from agentctl.governance.rules.prompts import agent_of, prompts
from agentctl.governance.rules.wording import line_of, quoted
from agentctl.model.finding import Severity

PAGE = Page(
    why="""A prompt is tested on a model, an agent is priced and approved for one. Where the two names differ, what runs is not
what was tested, or what is billed is not what was approved (ASI04 Supply Chain).""",
    bad="""agent:
  name: triage
  model: claude-sonnet-4-20260514
---
prompt:
  name: triage_v2
  model: gpt-4o-2024-11-20
""",
    good="""agent:
  name: triage
  model: claude-sonnet-4-20260514
---
prompt:
  name: triage_v2
  model: claude-sonnet-4-20260514
""",
    fix="Test the prompt on the agent's model and write that model here, or change the agent's.",
)


def _find(corpus: Corpus) -> Iterator[Found]:
    for prompt in prompts(corpus):
        one = agent_of(corpus, prompt)
        model = prompt.document.get("prompt", "model")
        if one is None or not isinstance(model, str) or not one.policy.model or model == one.policy.model:
            continue
        location = prompt.at("model")
        yield Found(
            f"this prompt is made for {quoted(model)}, but {quoted(one.policy.name)} runs on {quoted(one.policy.model)} "
            f"({line_of(location, one.at('model'))}): what runs is not what was tested. Write the same model in both.",
            location,
            prompt.subject,
            f"Test the prompt on {quoted(one.policy.model)} and write that model here.",
        )


RULE = LintRule("AG503", "prompt made for another model", Severity.WARNING, ("04",), PAGE, _find)
