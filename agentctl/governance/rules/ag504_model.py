"""AG504: a model that changes by itself, or whose calls nobody can price."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.governance.rules.base import Corpus, Found, LintRule, Page
from agentctl.governance.rules.models import floats, has_price
from agentctl.governance.rules.prompts import prompts
from agentctl.governance.rules.wording import quoted
from agentctl.model.finding import Location, Severity

PAGE = Page(
    why="""A floating alias is another model tomorrow, with nobody having tested or approved it (ASI04 Supply Chain). And a model
that is in no price list makes every budget of this document a guess: what cannot be priced cannot be capped.""",
    bad="""agent:
  name: support
  model: claude-3-5-sonnet-latest
""",
    good="""agent:
  name: support
  model: claude-sonnet-4-20260514
""",
    fix="""Write the dated name of the release that was tested. For a model of your own, log what each call costs (`cost=$…`), so that
budgets have something to count, and suppress this finding with that reason.""",
)


def _find(corpus: Corpus) -> Iterator[Found]:
    for location, who, model in _models(corpus):
        if "${" in model or "{{" in model:
            continue  # filled in elsewhere
        if floats(model):
            yield Found(
                f"{quoted(model)} is a floating alias: its provider moves it to another release, which nobody here has tested. Write "
                "the dated name of the release that was.",
                location,
                who,
                "Write the dated name of the release that was tested.",
            )
        elif not has_price(model):
            yield Found(
                f"nobody can price {quoted(model)}: it is in no price list, so budgets cannot count its calls. Check the name, or let "
                "each call log its own cost.",
                location,
                who,
                "Check the model's name; if it is right, let each call log its own cost.",
            )


def _models(corpus: Corpus) -> Iterator[tuple[Location, str, str]]:
    for one in corpus.governed:
        if one.policy.model and one.policy.model.strip():
            yield one.at("model"), one.subject, one.policy.model
    for prompt in prompts(corpus):
        model = prompt.document.get("prompt", "model")
        if isinstance(model, str) and model.strip():
            yield prompt.at("model"), prompt.subject, model


RULE = LintRule("AG504", "floating model alias, or model without a price", Severity.WARNING, ("04",), PAGE, _find)
