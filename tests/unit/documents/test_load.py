"""Reading files: kinds, places, documents in ConfigMaps and Lists, what is no YAML."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentctl.documents.load import Loaded, load_bytes, load_path
from agentctl.model.errors import InputError

FIXTURES = Path(__file__).parents[2] / "fixtures" / "governance"


def load(text: str, name: str = "f.yaml") -> Loaded:
    return load_bytes(text.encode(), name)


def written(loaded: Loaded, *path: str | int, document: int = 0, key: bool = False) -> str:
    """The text of the file at the place of a path."""
    one = loaded.documents[document]
    place = one.at(*path, key=key)
    assert place.end_line == place.line
    return one.lines[place.line - 1][place.column - 1 : (place.end_column or 0) - 1]


@pytest.mark.parametrize(
    ("file", "kind", "name"),
    [
        ("guide-long.yaml", "governance", "customer-support-v2"),
        ("guide-short.yaml", "governance", "customer-support-v2"),
        ("guide-prompt.yaml", "prompt", "triage_agent_v2"),
        ("guide-collector.yaml", "otel-collector", ""),
    ],
)
def test_the_kind_is_judged_by_content(file: str, kind: str, name: str) -> None:
    loaded = load_path(FIXTURES / file)
    assert [(d.kind, d.name) for d in loaded.documents] == [(kind, name)]
    assert not loaded.findings


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("orchestrator: {agents: [a]}", "orchestrator"),
        ("agent: triage\nprompt: {name: p}", "prompt"),
        ("agent: {name: a}\nprompt: {name: p}", "governance"),
        ("apiVersion: agentctl/v1\nkind: Runbook\nspec: {}", "runbook"),
        ("groups: [{name: g, rules: []}]", "alert-rules"),
        (
            "kind: PrometheusRule\napiVersion: monitoring.coreos.com/v1\nspec: {groups: [{name: g, rules: []}]}",
            "alert-rules",
        ),
        ("namespace: agents\nselector: app=agent", "config"),
        ("strict: true", "config"),
        ("exporters: {}\nreceivers: {}\nservice: {}", "otel-collector"),
    ],
)
def test_other_kinds(text: str, kind: str) -> None:
    assert [d.kind for d in load(text).documents] == [kind]


@pytest.mark.parametrize(
    "text", ["apiVersion: v1\nkind: Service\nmetadata: {name: x}", "- a\n- b", "hello", "a: 1\nnamespace: x"]
)
def test_what_is_of_no_known_kind_is_counted_as_such(text: str) -> None:
    loaded = load(text)
    assert not loaded.documents
    assert len(loaded.unknown) == 1


def test_an_unknown_document_says_what_it_may_have_meant() -> None:
    assert "`agnet` looks like `agent`" in load("agnet: {name: x}").unknown[0].hint
    assert "below `agent:`" in load("name: x\nallowed_tools: [a]").unknown[0].hint


def test_a_forced_kind_wins() -> None:
    assert load_bytes(b"foo: 1", "f", "governance").documents[0].kind == "governance"


def test_places_of_values_keys_and_what_is_missing() -> None:
    loaded = load("# c\nagent:\n  name: x\n  allowed_tools: [a, 'b c']\n  data_access:\n    allow_pii: false\n")
    assert written(loaded, "agent", "allowed_tools", 1) == "'b c'"
    assert written(loaded, "agent", "data_access", "allow_pii", key=True) == "allow_pii"
    assert written(loaded, "agent", "data_access") == "allow_pii"
    assert written(loaded, "agent", "allowed_tools") == "[a, 'b c']"
    # What is missing is shown at the key of the mapping that lacks it; at the first key of the document for the root.
    assert str(loaded.documents[0].at("agent", "data_access", "x")) == "f.yaml:5:3"
    assert str(loaded.documents[0].at("prompt")) == "f.yaml:2:1"


def test_several_documents_with_empty_ones_between() -> None:
    loaded = load("---\nagent: {name: a}\n---\n---\n# nothing\n---\nagent: {name: b}\n")
    assert [(d.name, d.line) for d in loaded.documents] == [("a", 2), ("b", 7)]
    assert loaded.empty == 2


def test_merge_keys_keep_the_place_where_the_value_is_written() -> None:
    loaded = load(
        "x-limits: &l\n  max_a_per_hour: 5\nagent:\n  name: q\n  rate_limits:\n    <<: *l\n    max_b_per_hour: 6\n"
    )
    assert loaded.documents[0].data["agent"]["rate_limits"] == {"max_a_per_hour": 5, "max_b_per_hour": 6}
    assert loaded.documents[0].at("agent", "rate_limits", "max_a_per_hour").line == 2
    assert not loaded.findings


CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: policies}
data:
  note: just text
  settings: "a: 1"
  literal.yaml: |
    # inner
    agent:
      name: one
      allowed_tools:
        - search_kb
  indented.yaml: |2

      agent:
        name: two
  quoted.yaml: "agent:\\n  name: three\\n  \\"model\\": \\u0041bc\\n"
  single.yaml: 'agent: {name: four, model: ''m''}'
  plain.yaml: '{"agent": {"name": "five"}}'
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: ConfigMap
    data: {p: "prompt: {name: six}"}
  - orchestrator:
      name: seven
"""


def test_documents_inside_config_maps_and_lists_have_places_in_the_file() -> None:
    loaded = load(CONFIG_MAP)
    names = ["one", "two", "three", "four", "five", "six", "seven"]
    assert [d.name for d in loaded.documents] == names
    for index, name in enumerate(names):
        root = {"prompt": "prompt", "orchestrator": "orchestrator"}.get(loaded.documents[index].kind, "agent")
        assert written(loaded, root, "name", document=index).strip('"') == name, name
    assert written(loaded, "agent", "allowed_tools", 0) == "search_kb"
    assert written(loaded, "agent", "model", document=2) == "\\u0041bc"
    assert written(loaded, "agent", "model", document=3) == "''m''"
    assert not loaded.findings
    assert not loaded.unknown


def test_a_config_map_as_kubectl_prints_it_in_json() -> None:
    item = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a.yaml": "agent:\n  name: é😀x\n"}}
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [item]}, indent=2)
    loaded = load(text, "cm.json")
    assert loaded.documents[0].name == "é😀x"
    assert not loaded.findings


def test_what_is_broken_inside_a_config_map_is_told_at_its_line_where_it_was_meant_for_us() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n    agent:\n      name: [x\n  b: |\n    : [broken, but none of ours\n"
    assert [(f.code, f.location.line) for f in load(text).findings if f.location] == [("AG001", 6)]
    templated = "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n    agent:\n      name: {{ .Values.name }}\n"
    assert not load(templated).findings


@pytest.mark.parametrize(
    ("raw", "line", "column", "word"),
    [
        (b"a: b: c", 1, 5, "middle of a value"),
        (b"agent:\n\tname: x", 2, 1, "tab"),
        (b"agent:\n  name: x\n  name: y\n", 3, 3, "line 2"),
        (b'a: "x', 1, 4, "never closed"),
        (b"a: [1, 2", 1, 4, "never closed"),
        (b"a: *b", 1, 4, "alias"),
        (b"a: &x [*x]", 1, 8, "inside"),
        (b"a: !thing 1", 1, 4, "tag"),
        (b"a: 2026-13-45", 1, 4, "timestamp"),
        (b"? [a]\n: 1", 1, 3, "mapping key"),
        (b"ok: 1\na: \x07", 2, 4, "control character"),
        (b"a: \xff", 1, 4, "UTF-8"),
        ("a: 1".encode("utf-16"), 1, 1, "UTF-16"),
        ("a: 1".encode("utf-16-le"), 1, 1, "UTF-16"),
        (b"<<: 3", 1, 5, "merges mappings"),
        (b"a: =", 1, 4, "quote"),
        (b"\x7fELF\x02\x01\x01\0\0\0", 1, 1, ""),
        (b"a: !!bool x", 1, 4, "bool"),
    ],
)
def test_what_is_no_yaml_is_one_finding_at_its_place(raw: bytes, line: int, column: int, word: str) -> None:
    findings = load_bytes(raw, "f").findings
    assert [(f.code, f.location.line, f.location.column) for f in findings if f.location] == [("AG001", line, column)]
    assert word in findings[0].message


def test_documents_before_a_fault_are_still_read() -> None:
    loaded = load("agent: {name: a}\n---\nagent: {name: b\n---\nagent: {name: c}\n")
    assert [d.name for d in loaded.documents] == ["a"]
    assert [f.code for f in loaded.findings] == ["AG001"]


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    loaded = load_bytes(b"\xef\xbb\xbfagent:\n  name: x\n", "f")
    assert loaded.documents[0].at("agent", key=True).column == 1


def test_json_numbers_are_those_of_json() -> None:
    assert (
        load('{"agent": {"name": "x", "max_retries": 1e2}}', "a.json").documents[0].get("agent", "max_retries") == 100
    )


def test_comments_are_found_and_text_is_none() -> None:
    text = "# one\nagent: # two\n  name: 'a # b'\n  description: |  # three\n    # text\n  model: x#y\n  m: a\n    b # four\n"
    assert [c[2] for c in load(text).documents[0].comments] == ["# one", "# two", "# three", "# four"]


def test_a_file_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        load_path(tmp_path / "none.yaml")
