"""The roles as YAML, which is what a person pipes into kubectl."""

from __future__ import annotations

from collections.abc import Sequence

from agentctl.model.report import Report
from agentctl.render.blocks import Block, Text


def rbac_view(report: Report, wide: bool) -> Sequence[Block]:
    """The manifests, one document each."""
    import yaml

    text = "---\n".join(yaml.safe_dump(one, sort_keys=False) for one in report.data["manifests"])
    return [Text(text.rstrip("\n"))]
