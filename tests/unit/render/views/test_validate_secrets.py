"""No finding shows a secret that stands on its line, whatever the finding itself is about."""

from __future__ import annotations

from agentctl.documents.load import load_bytes
from agentctl.governance.check import check
from agentctl.model.report import Report, Target
from agentctl.render.blocks import Source
from agentctl.render.views.validate import findings_view

SECRET = "sk-" + "ant-" + "api03-" + "Ab1" * 14
PASSWORD = "p9" + "Ks2vQx" + "7w"


def test_lines_are_shown_without_the_secrets_on_them():
    text = f"agent:\n  name: a\n  allowed_tools: [{SECRET}, '*']\n  x-db_password: {PASSWORD}\n"
    (document,) = load_bytes(text.encode(), "x.yaml").documents
    report = Report("validate", Target("files", "x.yaml"), findings=tuple(check([document])))
    assert {"AG110", "AG505"} <= {finding.code for finding in report.findings}
    blocks = findings_view(lambda place: document.lines[place.line - 1])(report, True)
    assert SECRET not in repr(blocks)
    assert PASSWORD not in repr(blocks)
    shown = {block.line for block in blocks if isinstance(block, Source)}
    assert f"  allowed_tools: [{'*' * len(SECRET)}, '*']" in shown
