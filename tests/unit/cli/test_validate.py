"""`validate` as a person and as a pipeline run it: exit codes, suppression, baseline, revisions, repairs, formats."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from agentctl.cli.app import run

FIXTURES = Path(__file__).parents[2] / "fixtures" / "governance"
SOUND = "agent:\n  name: a\n"
BROKEN = "agent:\n  name: a\n  max_concurrent_runs: 0\n"
CLEAN_PROMPT = "prompt:\n  name: p\n  system_prompt: Be kind.\n"


class Cli:
    """Runs a command line in this process; keeps what it wrote."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys, self._monkeypatch = capsys, monkeypatch
        self.out = self.err = ""

    def __call__(self, *arguments: str | Path, stdin: bytes = b"") -> int:
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = run(["validate", *map(str, arguments)])
        self.out, self.err = self._capsys.readouterr()
        return code

    def json(self, *arguments: str | Path, stdin: bytes = b"") -> dict[str, Any]:
        code = self(*arguments, "-o", "json", stdin=stdin)
        envelope: dict[str, Any] = json.loads(self.out)
        assert envelope["exitCode"] == code
        return envelope

    def codes(self, *arguments: str | Path, stdin: bytes = b"") -> list[str]:
        return [f["code"] for f in self.json(*arguments, stdin=stdin)["findings"]]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return Cli(capsys, monkeypatch)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_clean_is_0_a_finding_is_1_and_broken_yaml_is_a_finding(cli: Cli, tmp_path: Path) -> None:
    assert cli(write(tmp_path / "p.yaml", CLEAN_PROMPT)) == 0
    assert "no findings" in cli.out
    assert cli(write(tmp_path / "a.yaml", BROKEN)) == 1
    assert cli(write(tmp_path / "b.yaml", "agent: [")) == 1
    assert "AG001" in cli.out


def test_nothing_to_check_is_3(cli: Cli, tmp_path: Path) -> None:
    assert cli(tmp_path) == 3
    assert cli(write(tmp_path / "empty.yaml", "# nothing\n")) == 3
    assert cli("-", stdin=b"") == 3
    write(tmp_path / "other" / "svc.yaml", "apiVersion: v1\nkind: Service\n")
    assert cli(tmp_path / "other") == 3
    assert cli.json(tmp_path / "other")["errors"][0]["code"] == "nothing-to-check"


def test_a_missing_file_is_3_and_1_where_something_failed(cli: Cli, tmp_path: Path) -> None:
    good, bad = write(tmp_path / "p.yaml", CLEAN_PROMPT), write(tmp_path / "a.yaml", BROKEN)
    envelope = cli.json(good, tmp_path / "none.yaml")
    assert envelope["exitCode"] == 3
    assert "none.yaml" in envelope["errors"][0]["message"]
    envelope = cli.json(bad, tmp_path / "none.yaml")
    assert envelope["exitCode"] == 1
    assert envelope["errors"]


def test_an_unknown_document_is_a_finding_only_where_its_file_was_named(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path / "d" / "p.yaml", CLEAN_PROMPT)
    other = write(tmp_path / "d" / "svc.yaml", "apiVersion: v1\nkind: Service\n")
    assert cli.codes(tmp_path / "d") == []
    assert [Path(s["file"]).name for s in cli.json(tmp_path / "d")["data"]["skipped"]] == ["svc.yaml"]
    assert cli.codes(other) == ["AG003"]
    mixed = write(tmp_path / "mixed.yaml", f"{CLEAN_PROMPT}---\nkind: Service\n")
    assert cli.codes(mixed) == []


def test_templates_in_folders_are_skipped_with_a_note(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path / "p.yaml", CLEAN_PROMPT)
    template = write(tmp_path / "t.yaml", "agent:\n  name: {{ .Values.x }}\n")
    assert cli(tmp_path) == 0
    assert "t.yaml" in cli.err
    assert cli.codes(template) == ["AG001"]


def test_stdin_and_the_current_folder(cli: Cli, tmp_path: Path) -> None:
    assert cli("-", stdin=BROKEN.encode()) == 1
    write(tmp_path / "a.yaml", BROKEN)
    assert cli() == 1


def test_what_was_checked_is_told(cli: Cli, tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml", f"---\n{SOUND}---\n{CLEAN_PROMPT}")
    documents = cli.json(file)["data"]["documents"]
    assert [(d["kind"], d["name"], d["line"]) for d in documents] == [("governance", "a", 2), ("prompt", "p", 5)]


def test_rules_read_across_files(cli: Cli, tmp_path: Path) -> None:
    flow = write(tmp_path / "o.yaml", "orchestrator:\n  routes: {x: billing}\n")
    agent = write(tmp_path / "a.yaml", "agent:\n  name: billing\n")
    assert "AG601" in cli.codes(flow)
    assert "AG601" not in cli.codes(flow, agent)


def test_the_guides_template_passes_without_an_error(cli: Cli) -> None:
    for name in ("guide-long.yaml", "guide-short.yaml"):
        assert cli(FIXTURES / name) == 0
        assert cli(FIXTURES / name, "--strict") == 1


def test_severity_options(cli: Cli, tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml", BROKEN)
    assert cli(file, "--exit-zero") == 0
    assert cli(file, "--fail-on", "info") == 1
    assert cli(file, "--fail-on", "nonsense") == 2
    write(tmp_path / "agentctl.yaml", "rules:\n  severity:\n    AG303: info\n")
    assert cli(file, "--ignore", "AG1,AG4") == 0


def test_select_and_ignore_take_lists_and_beginnings(cli: Cli, tmp_path: Path) -> None:
    file = FIXTURES / "guide-long.yaml"
    assert set(cli.codes(file, "--select", "AG3")) == {"AG301", "AG304"}
    assert set(cli.codes(file, "--select", "AG301,AG405")) == {"AG301", "AG405"}
    assert not {c for c in cli.codes(file, "--ignore", "AG1,AG2") if c.startswith(("AG1", "AG2"))}
    assert cli(file, "--select", "XX") == 2
    assert cli.codes(write(tmp_path / "b.yaml", "agent: ["), "--select", "AG3") == ["AG001"]


SUPPRESSED = """\
agent:
  name: a
  max_concurrent_runs: 0  # agentctl: ignore[AG303] reason="frozen for now"{until}
  rate_limits:
    # agentctl: ignore[AG303, AG302] reason="see above"
    # and a word more

    max_tickets_per_hour: 0
"""


def test_a_suppression_holds_at_its_line_or_the_next(cli: Cli, tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml", SUPPRESSED.replace("{until}", " until=2999-01-01"))
    envelope = cli.json(file, "--select", "AG30,AG004")
    assert envelope["findings"] == []
    assert envelope["data"]["suppressed"] >= 2


def test_a_suppression_may_follow_another_remark(cli: Cli, tmp_path: Path) -> None:
    text = 'agent:\n  name: a\n  max_concurrent_runs: 0  # frozen # agentctl: ignore[AG303] reason="for now"\n'
    assert cli.codes(write(tmp_path / "a.yaml", text), "--select", "AG303,AG004") == []


def test_past_its_end_the_finding_is_back_and_says_so(cli: Cli, tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml", SUPPRESSED.replace("{until}", " until=2020-01-31"))
    findings = cli.json(file, "--select", "AG303,AG004")["findings"]
    assert [f["code"] for f in findings] == ["AG303"]
    assert "2020-01-31" in findings[0]["message"]


@pytest.mark.parametrize(
    ("comment", "word"),
    [
        ("# agentctl: ignore[AG303]", "reason"),
        ('# agentctl: ignore[AG301] reason="x"', "finds nothing"),
        ('# agentctl: ignore AG303 reason="x"', "square brackets"),
        ('# agentctl: ignore[] reason="x"', "square brackets"),
        ('# agentctl: ignore[AG33] reason="x"', "there is no rule AG33"),
        ('# agentctl: ignore[AG303] reason="x" until=soon', "no date"),
        ('# agentctl: ignore[AG303] reason="x" for=ever', "not known"),
        ("# agentctl: ignore[AG303] because", "quotes"),
        ('# agentctl: disable[AG303] reason="x"', "not known"),
    ],
)
def test_a_suppression_that_does_nothing_is_a_finding_itself(cli: Cli, tmp_path: Path, comment: str, word: str) -> None:
    file = write(tmp_path / "a.yaml", f"agent:\n  name: a\n  max_concurrent_runs: 0  {comment}\n")
    findings = cli.json(file, "--select", "AG30,AG004")["findings"]
    assert [f["code"] for f in findings] == ["AG303", "AG004"]
    assert word in findings[1]["message"]
    assert (findings[1]["severity"], findings[1]["location"]["column"]) == ("warning", 27)


def test_some_rules_can_be_suppressed_only_until_a_day(cli: Cli, tmp_path: Path) -> None:
    text = "agent:\n  name: a\n  allowed_tools:\n    - t{}\n  decision_authority:\n    forbidden:\n      - t{}\n"
    comment = '  # agentctl: ignore[AG107] reason="x"'
    file = write(tmp_path / "a.yaml", text.format("", ""))
    line = cli.json(file, "--select", "AG107")["findings"][0]["location"]["line"]
    places = (comment, "") if line == 4 else ("", comment)
    file.write_text(text.format(*places))
    assert sorted(cli.codes(file, "--select", "AG107,AG004")) == ["AG004", "AG107"]
    file.write_text(text.format(*(place and f"{place} until=2999-01-01" for place in places)))
    assert cli.codes(file, "--select", "AG107,AG004") == []


def test_text_in_a_string_is_no_suppression_and_prose_is_no_fault(cli: Cli, tmp_path: Path) -> None:
    text = "# agentctl: our governance\nagent:\n  name: a\n  description: 'x  # agentctl: ignore[AG303] reason=\"y\"'\n  max_concurrent_runs: 0\n"
    assert cli.codes(write(tmp_path / "a.yaml", text), "--select", "AG303,AG004") == ["AG303"]


def test_a_suppression_inside_a_config_map(cli: Cli, tmp_path: Path) -> None:
    text = 'apiVersion: v1\nkind: ConfigMap\ndata:\n  a.yaml: |\n    agent:\n      name: a\n      max_concurrent_runs: 0  # agentctl: ignore[AG303] reason="x"\n'
    assert cli.codes(write(tmp_path / "a.yaml", text), "--select", "AG303,AG004") == []


def test_an_unselected_rule_makes_no_suppression_unused(cli: Cli, tmp_path: Path) -> None:
    text = 'agent:\n  name: a\n  max_concurrent_runs: 0  # agentctl: ignore[AG303] reason="x"\n'
    assert cli.codes(write(tmp_path / "a.yaml", text), "--select", "AG004,AG301") == []


def test_a_baseline_accepts_by_content_not_by_line(cli: Cli, tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml", (FIXTURES / "guide-long.yaml").read_text() + "x-y: 1\nz: 2\n")
    base = tmp_path / "base.json"
    assert cli(file, "--baseline", base) == 3
    assert cli(file, "--write-baseline") == 2
    assert cli(file, "--baseline", base, "--write-baseline") == 0
    file.write_text("# moved\n\n" + file.read_text())
    assert cli(file, "--baseline", base, "--strict") == 0
    file.write_text(file.read_text().replace("max_concurrent_runs: 10", "max_concurrent_runs: 0"))
    assert "AG303" in cli.codes(file, "--baseline", base)
    moved = write(
        tmp_path / "elsewhere" / "b.yaml", file.read_text().replace("max_concurrent_runs: 0", "max_concurrent_runs: 10")
    )
    assert cli(moved, "--baseline", base, "--strict") == 0
    # The same again in a second file is new.
    assert cli(moved, write(tmp_path / "c.yaml", moved.read_text()), "--baseline", base, "--strict") == 1
    base.write_text("{}")
    assert cli(file, "--baseline", base) == 3


def test_a_file_that_cannot_be_read_is_never_accepted(cli: Cli, tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml", "agent: [")
    assert cli(file, "--baseline", tmp_path / "b.json", "--write-baseline") == 1
    assert cli(file, "--baseline", tmp_path / "b.json") == 1


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_only_what_a_change_brings(cli: Cli, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    file = write(tmp_path / "g" / "a.yaml", BROKEN)
    write(tmp_path / "g" / ".hidden" / "b.yaml", "agent: [")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "x")
    assert cli(tmp_path / "g", "--diff", "main") == 0
    file.write_text("# a line more\n" + BROKEN + "  cost_controls: {alert_on_threshold: 8}\n")
    assert cli.codes("g", "--diff", "HEAD", "--select", "AG303,AG403") == ["AG403"]
    assert cli.codes(file, "--diff", "main", "--select", "AG303,AG403") == ["AG403"]
    new = write(tmp_path / "g" / "new.yaml", BROKEN.replace(": a", ": b"))
    assert cli.codes("g", "--diff", "HEAD", "--select", "AG303") == ["AG303"]
    assert cli.codes(new, "--diff", "HEAD", "--select", "AG303") == ["AG303"]
    assert cli("g", "--diff", "nowhere") == 3
    assert cli("-", "--diff", "main", stdin=b"agent: {}") == 2


FIXABLE = """\
# kept
agent:
  name: x   # kept
  allowed_tools: [search_kb, send_email]
  # the tiers
  decision_authority:
    requires_human_review: [send_emails]
    autonomous: [search_knowledge_base]
    forbiden: [drop_table]
  cost_controls:
    max_daily_spend_usd: $50   # kept
    alert_on_threshold: 80
  data_access: {allow_pii: "yes", allow_financial: "no"}
  rate_limits: {emails_per_hour: 3}
"""


def test_safe_repairs_keep_comments_and_layout_and_never_widen(cli: Cli, tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml", FIXABLE)
    file.chmod(0o640)
    cli(file, "--fix", "--dry-run")
    assert file.read_text() == FIXABLE
    assert "+    forbidden: [drop_table]" in cli.err
    cli(file, "--fix")
    expected = FIXABLE.replace("forbiden", "forbidden").replace("$50", "50").replace(": 80", ": 0.8")
    assert file.read_text() == expected.replace('"no"', "false").replace("emails_per_hour", "max_emails_per_hour")
    assert 'allow_pii: "yes"' in file.read_text()
    assert "not repaired: it would widen" in cli.err
    assert "AG103 offers agent.tools.send_email.actions: [send_emails]" in cli.err
    assert file.stat().st_mode & 0o777 == 0o640


def test_ties_are_written_when_asked_and_only_where_they_widen_nothing(cli: Cli, tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml", FIXABLE)
    cli(file, "--fix", "--fix-ties")
    assert "  tools:\n    send_email:\n      actions: [send_emails]\n  # the tiers\n" in file.read_text()
    assert "search_kb: held for review → autonomous" in cli.err
    assert cli(file, "--fix-ties") == 2
    assert cli("-", "--fix", stdin=FIXABLE.encode()) == 2


def test_repairs_keep_windows_line_ends_and_a_byte_order_mark(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"\xef\xbb\xbfagent:\r\n  name: no\r\n  max_retries: 0o17\r\n")
    cli(file, "--fix")
    assert file.read_bytes() == b'\xef\xbb\xbfagent:\r\n  name: "no"\r\n  max_retries: 15\r\n'


def test_a_misspelt_allowlist_is_not_repaired_since_that_grants_tools(cli: Cli, tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml", "agent:\n  name: a\n  allowd_tools: [run_shell]\n")
    cli(file, "--fix")
    assert "allowd_tools" in file.read_text()


def test_github_annotations(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path / "a,b.yaml", BROKEN)
    assert cli("a,b.yaml", "--select", "AG303", "-o", "github") == 1
    assert cli.out.startswith("::error file=a%2Cb.yaml,line=3,col=24,endLine=3,endColumn=25,title=AG303 agent/a::")
    assert cli.out.count("\n") == 1


def test_junit_counts_what_fails_the_run(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", BROKEN)
    write(tmp_path / "p.yaml", CLEAN_PROMPT)
    cli(tmp_path, "--select", "AG303,AG404", "-o", "junit")
    root = ET.fromstring(cli.out)
    assert (root.get("tests"), root.get("failures")) == ("3", "1")
    cli(tmp_path, "--select", "AG303,AG404", "-o", "junit", "--strict")
    assert ET.fromstring(cli.out).get("failures") == "2"


def test_csv_and_markdown_are_tables(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", BROKEN.replace("name: a", 'name: "a|b"'))
    cli(tmp_path, "-o", "csv")
    assert cli.out.splitlines()[0] == "severity,code,file,line,column,subject,what is wrong,what to do"
    cli(tmp_path, "-o", "markdown")
    assert "| severity | code |" in cli.out
    assert "a\\|b" in cli.out or "a|b" not in cli.out


def test_a_table_shows_the_line_and_a_caret(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", BROKEN)
    cli("a.yaml", "--select", "AG303")
    assert "a.yaml:3:24: error AG303" in cli.out
    assert "     3 |   max_concurrent_runs: 0\n       |                        ^\n" in cli.out


def test_hostile_names_do_not_reach_the_terminal(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", 'agent:\n  name: "\\e[31mx"\n  "bad\\e[0m[bold]": 1\n')
    for output in ("table", "wide", "markdown", "github", "csv", "junit", "sarif"):
        cli("a.yaml", "-o", output)
        assert "\x1b" not in cli.out, output


def test_the_quick_way_and_the_parser_agree(tmp_path: Path) -> None:
    """The same bytes and the same code, whichever way a call goes."""
    (tmp_path / "t.yaml").write_text("agent: {{ x }}\n")
    (tmp_path / "a.yaml").write_text(FIXABLE)
    (tmp_path / "g.yaml").write_text((FIXTURES / "guide-long.yaml").read_text())
    base = [sys.executable, "-m", "agentctl", "validate"]
    for paths in (["a.yaml"], ["g.yaml"], ["."], ["none.yaml"], ["t.yaml", "g.yaml"], []):
        for output in ("table", "sarif"):
            one, other = (
                subprocess.run(
                    [*base, *paths, "-o", output, *more], cwd=tmp_path, capture_output=True, env={"HOME": str(tmp_path)}
                )
                for more in ([], ["--color", "auto"])
            )
            assert (one.returncode, one.stdout, one.stderr) == (other.returncode, other.stdout, other.stderr), (
                paths,
                output,
            )


def test_the_kind_can_be_forced(cli: Cli, tmp_path: Path) -> None:
    file = write(tmp_path / "a.yaml", "foo: 1\n")
    assert "AG002" in cli.codes(file, "--kind", "governance")
    assert cli(file, "--kind", "governence") == 2


def test_a_broken_config_is_a_finding_where_it_is_checked_and_an_obstacle_elsewhere(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path / "agentctl.yaml", "prometheus-ulr: https://p\n")
    prompt = write(tmp_path / "d" / "p.yaml", CLEAN_PROMPT)
    envelope = cli.json()
    assert [(f["code"], f["location"]["line"]) for f in envelope["findings"]] == [("AG002", 1)]
    assert "not used" in cli.err
    assert cli("agentctl.yaml") == 1
    assert cli(prompt) == 3
    write(tmp_path / "agentctl.yaml", "namespace: agents\nsince: soon\n")
    assert cli.json("agentctl.yaml")["findings"][0]["location"]["line"] == 2


def test_the_config_chooses_rules_and_severities(cli: Cli, tmp_path: Path) -> None:
    file = write(tmp_path / "d" / "a.yaml", BROKEN)
    write(tmp_path / "agentctl.yaml", "select: [AG303, AG404]\nrules: {severity: {AG303: info}}\n")
    assert cli(file) == 0
    assert {f["code"]: f["severity"] for f in cli.json(file)["findings"]} == {"AG303": "info", "AG404": "warning"}
    assert cli.codes(file, "--select", "AG303") == ["AG303"]
    write(tmp_path / "agentctl.yaml", "ignore: AG303\nstrict: true\n")
    assert "AG303" not in cli.codes(file)
    assert cli(file) == 1


def test_a_runbook_is_read_as_a_runbook(cli: Cli, tmp_path: Path) -> None:
    text = "apiVersion: agentctl/v1\nkind: Runbook\nmetadata: {name: r}\nspec:\n  steps:\n    - id: a\n      use: lgos\n      judge: [{else: pass, message: ok}]\n"
    findings = cli.json(write(tmp_path / "r.yaml", text))["findings"]
    assert [(f["code"], f["location"]["line"]) for f in findings] == [("AG002", 7)]


def test_the_schema_of_the_config_knows_every_key_that_is_read() -> None:
    from agentctl.cli.config_keys import KEYS
    from agentctl.documents.schema import schema

    assert set(KEYS) <= set(schema("config")["properties"])
