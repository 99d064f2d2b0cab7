"""Every rule against documents that it must find fault with, and documents that it must leave alone.

A fixture says in comments what is expected on a line: `# expect: AG101` (or `AG201 error`; several with commas). What other
rules find in it is their own fixtures' business, except that none may be unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentctl.documents.load import load_bytes
from agentctl.governance.rules import RULES
from agentctl.governance.rules.base import Corpus, Rule
from agentctl.model.finding import Finding, Severity

HERE = Path(__file__).parent
BY_CODE = {rule.code: rule for rule in RULES}
FIXTURES = sorted(HERE.glob("AG*/*.yaml"))
# The catalogue of what this list must hold, with the severities as documented.
CATALOGUE = """
AG101 W AG102 W AG103 W AG104 W AG105 I AG106 E AG107 E AG108 W AG110 E AG111 W AG112 W AG113 E AG201 W AG202 W AG203 W AG204 W
AG205 E AG301 W AG302 W AG303 E AG304 W AG401 E AG402 W AG403 E AG404 W AG405 I AG501 E AG502 W AG503 W AG504 W AG505 E AG506 W
AG507 W AG601 E AG602 E AG603 W AG604 W AG701 W AG702 W
""".split()
SEVERITY = {"E": Severity.ERROR, "W": Severity.WARNING, "I": Severity.INFO}
_EXPECT = re.compile(r"(AG\d{3})(?: (error|warning|info))?")
# Secrets are put together here, so that no file of the repository holds one.
SECRETS = {
    "@@ANTHROPIC@@": "sk-" + "ant-" + "api03-" + "x" * 40,
    "@@GITHUB@@": "gh" + "p_" + "0aB1" * 9,
    "@@PASSWORD@@": "9h" + "Kq2" + "vL7xZt",
    "@@RANDOM@@": "q7Vb" + "X2mK9dLw" + "4TzR8nYc" + "5HpG3sJf" + "6QeA1uZo",
    "@@JWT@@": "ey" + "JhbGciOiJIUzI1NiJ9" + "." + "ey" + "JzdWIiOiIxMjM0NTY3ODkwIn0" + "." + "dozjgNryP4J3jVmNHl0w5N",
}


def corpus_of(text: str, file: str = "x.yaml") -> Corpus:
    for name, value in SECRETS.items():
        text = text.replace(name, value)
    loaded = load_bytes(text.encode(), file)
    assert not loaded.findings
    assert not loaded.unknown
    assert loaded.documents
    return Corpus(loaded.documents)


def found_by(rule: Rule, text: str) -> list[Finding]:
    return list(rule.check(corpus_of(text)))


def expected(text: str, rule: Rule) -> Iterator[tuple[int, Severity]]:
    for number, line in enumerate(text.splitlines(), 1):
        _, marked, expectations = line.partition("# expect: ")
        for code, severity in _EXPECT.findall(expectations) if marked else ():
            assert code == rule.code
            yield number, Severity.parse(severity) if severity else rule.severity


def test_the_list_is_the_catalogue():
    documented = dict(zip(CATALOGUE[::2], (SEVERITY[s] for s in CATALOGUE[1::2]), strict=True))
    assert {rule.code: rule.severity for rule in RULES} == documented
    assert [rule.code for rule in RULES] == sorted(documented)


def test_every_rule_module_stands_in_the_list():
    import agentctl.governance.rules as package

    modules = sorted(path.stem for path in Path(package.__path__[0]).glob("ag[0-9]*.py"))
    assert [module.split("_")[0].upper() for module in modules] == [rule.code for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_has_fixtures_of_both_kinds_and_a_page(rule):
    names = [path.name for path in FIXTURES if path.parent.name == rule.code]
    assert any(name.startswith("bad-") for name in names)
    assert any(name.startswith("good-") for name in names)
    assert all(name.startswith(("bad-", "good-")) for name in names)
    assert all(part.strip() for part in rule.page)
    assert rule.title
    assert rule.asi
    assert all(f"ASI{number} " in " ".join(rule.page.why.split()) for number in rule.asi)


def test_no_fixture_is_for_a_rule_that_is_not_there():
    assert {path.parent.name for path in FIXTURES} == BY_CODE.keys()


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_fixture(path):
    rule, text = BY_CODE[path.parent.name], path.read_text()
    wanted = sorted(expected(text, rule))
    assert bool(wanted) == path.name.startswith("bad-")
    assert sorted((f.location.line, f.severity) for f in found_by(rule, text)) == wanted


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_examples_of_the_page_do_what_it_says(rule):
    assert found_by(rule, rule.page.bad)
    assert not found_by(rule, rule.page.good)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_findings_are_complete_and_never_show_a_secret(path):
    corpus = corpus_of(path.read_text())
    for rule in RULES:
        for finding in rule.check(corpus):
            assert finding.location
            assert finding.location.line >= 1
            assert finding.location.end_line is not None
            assert "/" in finding.subject
            assert finding.remediation
            assert finding.remediation.text
            assert "\n" not in finding.message
            assert len(finding.message) < 420
            assert finding.message[0] in '`"' or finding.message[0].islower() or finding.message[0].isdigit()
            assert not any(secret in repr(finding) for secret in SECRETS.values())
