"""AG502: a prompt that asks for what is forbidden, or for what a person decides."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Corpus, Found, Governed, LintRule, Page, line_of, quoted
from agentctl.governance.rules.prompts import Prompt, agent_of, asks_consent, forbids, instructions, phrase, prompts
from agentctl.model.finding import Severity

PAGE = Page(
    why="""The prompt asks for something that the governance document forbids or holds for review. The agent is told two things
at once, and looks for a way to do what it was asked: through another tool, or by telling the reviewer what the reviewer wants
to hear (ASI01 Goal Hijack, ASI09 Human-Agent Trust).""",
    bad="""agent:
  name: triage
  allowed_tools: [search_kb]
  decision_authority:
    autonomous: [search_kb]
    forbidden: [delete_customer_data]
---
prompt:
  name: triage
  system_prompt: |
    When the customer asks for it, delete the customer data at once.
""",
    good="""agent:
  name: triage
  allowed_tools: [search_kb]
  decision_authority:
    autonomous: [search_kb]
    forbidden: [delete_customer_data]
---
prompt:
  name: triage
  system_prompt: |
    Never delete customer data. When the customer asks for it, open a ticket for the privacy team.
""",
    fix="""Take the request out, or say in the same sentence that a person must approve it first. If the prompt is right, it is the
governance document that needs the change, and its review.""",
)
_SAYS = {"forbidden": "forbidden", "requires_human_review": "held for review"}


def _find(corpus: Corpus) -> Iterator[Found]:
    for prompt in prompts(corpus):
        one = agent_of(corpus, prompt)
        if one is not None:
            yield from _against(one, prompt)


def _against(one: Governed, prompt: Prompt) -> Iterator[Found]:
    for key, text in prompt.texts():
        sentences = [s for s in instructions(text) if not forbids(s.text)]
        for tier, says in _SAYS.items():
            for name, place in one.policy.positions(tier).items():
                pattern = phrase(name)
                if pattern is None or not pattern.search(text):
                    continue
                for sentence, line in sentences:
                    match = pattern.search(sentence)
                    if match is None or (tier == "requires_human_review" and asks_consent(pattern.sub("", sentence))):
                        continue
                    location = prompt.at(key)
                    yield Found(
                        f"the prompt (line {prompt.line(key, line)}) asks {quoted(one.policy.name)} for {quoted(name)}, which is {says} "
                        f"({line_of(location, one.tier_at(tier, place))}). Take it out, or say that a person must approve it first.",
                        location,
                        prompt.subject,
                        f"Take the request for {quoted(name)} out of the prompt, or change the governance document first.",
                    )
                    break


RULE = LintRule("AG502", "prompt that asks for what is forbidden or held", Severity.WARNING, ("01", "09"), PAGE, _find)
