"""Which part of a cluster is looked at: namespaces, and the pods that are agents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from agentctl.sources.kubernetes_answers import Need

DEFAULT_NAMESPACE = "agents"
DEFAULT_SELECTOR = "app=agent"


@dataclass(frozen=True, slots=True)
class Scope:
    """`namespaces` None = all of them. The selectors are the API's own (labels, fields)."""

    namespaces: tuple[str, ...] | None = (DEFAULT_NAMESPACE,)
    selector: str = DEFAULT_SELECTOR
    field_selector: str = ""
    container: str | None = None

    @property
    def shown(self) -> str:
        """The namespaces as a report names them; "" for all."""
        return ",".join(self.namespaces) if self.namespaces is not None else ""

    def lists(self, resource: str, api: str = "/api/v1", group: str = "") -> Iterator[tuple[str, Need]]:
        """(path, what it needs) of each list of a namespaced resource: one a namespace, or one for all."""
        if self.namespaces is None:
            yield f"{api}/{resource}", Need("list", resource, "", group)
            return
        for namespace in self.namespaces:
            yield f"{api}/namespaces/{quote(namespace, safe='')}/{resource}", Need("list", resource, namespace, group)

    def pod_params(self) -> dict[str, str]:
        """The selectors as the API takes them."""
        out = {"labelSelector": self.selector} if self.selector else {}
        return out | ({"fieldSelector": self.field_selector} if self.field_selector else {})
