"""`agentctl rbac`: the read-only role that agentctl needs."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from agentctl.cli.emit import emit
from agentctl.cli.options import OutputOptions, grouped, opt
from agentctl.model.errors import UsageError
from agentctl.model.report import ExitCode, Report, Target
from agentctl.render.views.rbac import rbac_view
from agentctl.sources.kubernetes_rights import manifests, rights

app = typer.Typer(rich_markup_mode=None)
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")


@app.command()
@grouped
def rbac_command(
    output: OutputOptions,
    namespace: Annotated[
        list[str] | None,
        opt("-n", "--namespace", help="A Role in this namespace instead of a ClusterRole (repeatable)."),
    ] = None,
    name: Annotated[str, opt("--name", help="Name of the role.")] = "agentctl-reader",
    service_account: Annotated[str | None, opt("--service-account", help="NAMESPACE/NAME to bind the role to.")] = None,
    allow_exec: Annotated[
        bool, opt("--allow-exec", help="Include pods/exec, for probes from inside the pods.")
    ] = False,
    no_proxy: Annotated[
        bool, opt("--no-proxy", help="Leave out the service proxy (when Prometheus has an address of its own).")
    ] = False,
) -> None:
    """The least role that agentctl needs, as YAML for kubectl apply. It reads; it changes nothing.

    \b
    Examples:
      agentctl rbac | kubectl apply -f -
      agentctl rbac -n agents --service-account agents/agentctl
    """
    for one in (*(namespace or ()), name):
        if not _NAME.fullmatch(one):
            raise UsageError(
                "bad-option", f"{one!r} is no name that Kubernetes takes", "lower-case letters, digits and -"
            )
    wanted = rights(proxy=not no_proxy, execute=allow_exec)
    objects = list(manifests(name, namespace or (), wanted, _account(service_account)))
    why = [{"resource": r.resource, "group": r.group, "verbs": r.verbs, "why": r.why} for r in wanted]
    data = {"manifests": objects, "rights": why}
    emit(Report("rbac", Target("files", name), data=data, forced_exit=ExitCode.OK), output, rbac_view)


def _account(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    namespace, slash, name = text.partition("/")
    if not slash or not _NAME.fullmatch(namespace) or not _NAME.fullmatch(name):
        raise UsageError("bad-option", f"--service-account {text}: no account", "write NAMESPACE/NAME")
    return namespace, name
