"""AG701: a collector that does not start, or that drops what it should pass on."""

from __future__ import annotations

from collections.abc import Iterator

from agentctl.documents.node import Document
from agentctl.governance.rules.base import Corpus, Found, LintRule, Page
from agentctl.governance.rules.collector import SECTIONS, Collector, Use, signal_of
from agentctl.governance.rules.similar import Similar
from agentctl.governance.rules.wording import quoted, subject
from agentctl.model.finding import Severity

PAGE = Page(
    why="""What the collector does not deliver, nobody can look at when an agent misbehaves (ASI10 Rogue Agents). A pipeline that uses
an undefined component keeps the collector from starting. A component in no pipeline does nothing, quietly: an exporter for logs
without a logs pipeline means that no log arrives. And a backend gets what it does not take, and drops it.""",
    bad="""receivers:
  otlp: {protocols: {grpc: {}}}
exporters:
  otlp: {endpoint: "jaeger:4317"}
  loki: {endpoint: "http://loki:3100/loki/api/v1/push"}
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [otlp]}
""",
    good="""receivers:
  otlp: {protocols: {grpc: {}}}
exporters:
  otlp: {endpoint: "jaeger:4317"}
  loki: {endpoint: "http://loki:3100/loki/api/v1/push"}
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [otlp]}
    logs: {receivers: [otlp], exporters: [loki]}
""",
    fix="Define what the pipelines use, put every component into a pipeline of its signal, and remove what is left over.",
)


def _find(corpus: Corpus) -> Iterator[Found]:
    for document in corpus.of_kind("otel-collector"):
        collector = Collector(document)
        uses = list(collector.uses())
        yield from _undefined(collector, uses)
        yield from _extensions(collector)
        yield from _unused(collector, uses)
        yield from _misdirected(collector, uses)


def _undefined(collector: Collector, uses: list[Use]) -> Iterator[Found]:
    known = {section: Similar([*collector.defined[section], *collector.defined["connectors"]]) for section in SECTIONS}
    for use in uses:
        if collector.has(use.section, use.name):
            continue
        near = known[use.section].closest(use.name)
        hint = f"did you mean {quoted(near)}?" if near else f"define it under {use.section}, or take it out."
        yield Found(
            f"the pipeline {quoted(use.pipeline)} uses {quoted(use.name)}, but no such {use.section[:-1]} is defined, so the collector "
            f"does not start: {hint}",
            collector.document.at("service", "pipelines", use.pipeline, use.section, use.place),
            _subject(collector.document),
            f"Define {quoted(use.name)} under {use.section}, or take it out of the pipeline.",
            Severity.ERROR,
        )


def _extensions(collector: Collector) -> Iterator[Found]:
    for place, name in collector.document.items("service", "extensions"):
        if isinstance(name, str) and name not in collector.defined["extensions"]:
            yield Found(
                f"the service uses the extension {quoted(name)}, which is not defined, so the collector does not start: define it under "
                "extensions, or take it out.",
                collector.document.at("service", "extensions", place),
                _subject(collector.document),
                f"Define {quoted(name)} under extensions, or take it out.",
                Severity.ERROR,
            )


def _unused(collector: Collector, uses: list[Use]) -> Iterator[Found]:
    used = {(use.section, use.name) for use in uses}
    signals = {signal_of(use.pipeline) for use in uses} | {signal_of(name) for name in collector.pipelines}
    for section in SECTIONS:
        for name in collector.defined[section]:
            if (section, name) in used:
                continue
            takes, _ = collector.takes(section, name)
            lost = sorted(takes - signals)
            none = (
                f", and there is no {lost[0]} pipeline: {lost[0]} arrive nowhere"
                if lost and section == "exporters"
                else ", so it does nothing"
            )
            yield Found(
                f"the {section[:-1]} {quoted(name)} is in no pipeline{none}. Put it into a pipeline of its signal, or remove it.",
                collector.document.at(section, name, key=True),
                _subject(collector.document),
                f"Put {quoted(name)} into a pipeline, or remove it.",
            )


def _misdirected(collector: Collector, uses: list[Use]) -> Iterator[Found]:
    for use in uses:
        takes, because = (
            collector.takes(use.section, use.name) if use.name in collector.defined[use.section] else (frozenset(), "")
        )
        signal = signal_of(use.pipeline)
        if takes and signal not in takes and signal in ("traces", "metrics", "logs"):
            yield Found(
                f"the pipeline {quoted(use.pipeline)} sends {signal} through {quoted(use.name)}, but {quoted(because)} takes "
                f"{' and '.join(sorted(takes))} only: they are lost or refused. Use a component that takes {signal}.",
                collector.document.at("service", "pipelines", use.pipeline, use.section, use.place),
                _subject(collector.document),
                f"Use a {use.section[:-1]} that takes {signal}.",
            )


def _subject(document: Document) -> str:
    return subject("otel-collector", document.name or document.file)


RULE = LintRule(
    "AG701", "collector with undefined, unused or misdirected components", Severity.WARNING, ("10",), PAGE, _find
)
