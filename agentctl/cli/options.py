"""Groups of options that many commands share, and the decorator that spreads them into a Typer signature."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, get_type_hints

import typer

from agentctl.cli.environment import environment
from agentctl.model.duration import parse_duration, parse_time
from agentctl.model.errors import UsageError
from agentctl.model.finding import Severity
from agentctl.model.report import Window

FORMATS = ("table", "wide", "json", "yaml", "csv", "markdown")
LINT_FORMATS = (*FORMATS, "github", "sarif", "junit")


def opt(*names: str, help: str, env: str = "", **more: Any) -> Any:
    """A Typer option; `env` is the AGENTCTL_* variable that gives its default."""
    return typer.Option(*names, help=help, envvar=env or None, show_envvar=False, **more)


@dataclasses.dataclass(frozen=True)
class OutputOptions:
    """How the answer is printed."""

    output: Annotated[str, opt("-o", "--output", help="|".join(FORMATS), env="AGENTCTL_OUTPUT")] = "table"
    output_file: Annotated[Path | None, opt("--output-file", help="Write the answer to this file.")] = None
    color: Annotated[str, opt("--color", help="auto|always|never", env="AGENTCTL_COLOR")] = "auto"
    config: Annotated[
        Path | None,
        opt("--config", help="Config file (default ./agentctl.yaml, else the XDG one).", env="AGENTCTL_CONFIG"),
    ] = None
    debug: Annotated[bool, opt("--debug", help="Show the traceback of a bug.", env="AGENTCTL_DEBUG")] = False

    formats: ClassVar[tuple[str, ...]] = FORMATS

    def check(self) -> None:
        """Raise UsageError for a format or colour that does not exist, and tell the environment what was chosen."""
        env = environment()
        env.chosen, env.debug = self, self.debug
        if self.output not in self.formats:
            choice, env.chosen = self.output, dataclasses.replace(self, output="table")
            raise UsageError("bad-option", f"-o {choice}: no such format", f"one of {', '.join(self.formats)}")
        if self.color not in ("auto", "always", "never"):
            raise UsageError("bad-option", f"--color {self.color}: no such choice", "one of auto, always, never")


@dataclasses.dataclass(frozen=True)
class LintOutputOptions(OutputOptions):
    """As OutputOptions, with the formats that CI systems read."""

    output: Annotated[str, opt("-o", "--output", help="|".join(LINT_FORMATS), env="AGENTCTL_OUTPUT")] = "table"

    formats: ClassVar[tuple[str, ...]] = LINT_FORMATS


@dataclasses.dataclass(frozen=True)
class JudgeOptions:
    """What makes the exit code 1."""

    fail_on: Annotated[str, opt("--fail-on", help="Exit 1 from this severity on: error|warning|info.")] = "error"
    strict: Annotated[bool, opt("--strict", help="The same as --fail-on warning.")] = False
    exit_zero: Annotated[bool, opt("--exit-zero", help="Exit 0 even with findings (for cron jobs).")] = False

    def check(self) -> None:
        """Raise UsageError for a severity that does not exist."""
        try:
            Severity.parse(self.fail_on)
        except ValueError as error:
            raise UsageError("bad-option", f"--fail-on {self.fail_on}: {error}") from None

    @property
    def threshold(self) -> Severity:
        """The severity from which on a finding fails the run."""
        chosen = Severity.parse(self.fail_on)
        return min(chosen, Severity.WARNING) if self.strict else chosen


@dataclasses.dataclass(frozen=True)
class TimeOptions:
    """The window: (end − since, end]."""

    since: Annotated[str | None, opt("--since", help="Only the last 90s, 15m, 1h30m, 2d …", env="AGENTCTL_SINCE")] = (
        None
    )
    since_time: Annotated[str | None, opt("--since-time", help="Only after this time (RFC 3339).")] = None
    until: Annotated[str | None, opt("--until", help="Only up to this time (RFC 3339).")] = None

    def check(self) -> None:
        """Raise UsageError for a duration or time that cannot be read, or an empty window."""
        if self.since and self.since_time:
            raise UsageError("bad-option", "--since and --since-time exclude each other", "give one of them")
        _reading("--since", self.since, parse_duration)
        start, end = _reading("--since-time", self.since_time, parse_time), _reading("--until", self.until, parse_time)
        if start and end and start >= end:
            raise UsageError("bad-option", "--since-time is not before --until", "the window would be empty")

    @property
    def given(self) -> bool:
        """Whether any of the three was given."""
        return bool(self.since or self.since_time or self.until)

    def window(self, now: datetime, default: timedelta) -> Window:
        """The window that ends now (or at --until) and is `default` long unless something else was asked for."""
        end = parse_time(self.until) if self.until else now
        length = parse_duration(self.since) if self.since else default
        start = parse_time(self.since_time) if self.since_time else end - length
        if start >= end:
            raise UsageError(
                "bad-option", "the window is empty: it starts at or after its end", "check --since-time, --until"
            )
        return Window(start.astimezone(UTC), end.astimezone(UTC))


@dataclasses.dataclass(frozen=True)
class SourceOptions:
    """Where the data comes from."""

    bundle: Annotated[
        Path | None,
        opt("--bundle", help="A recorded incident (folder or .tar.gz): everything offline.", env="AGENTCTL_BUNDLE"),
    ] = None
    logs: Annotated[
        list[str] | None, opt("--logs", help="Log file, folder or - for stdin (repeatable).", env="AGENTCTL_LOGS")
    ] = None
    kubeconfig: Annotated[
        Path | None, opt("--kubeconfig", help="Path of the kubeconfig.", env="AGENTCTL_KUBECONFIG")
    ] = None
    context: Annotated[
        list[str] | None, opt("--context", help="kubeconfig context (repeatable).", env="AGENTCTL_CONTEXT")
    ] = None
    namespace: Annotated[
        list[str] | None,
        opt("-n", "--namespace", help="Namespace (repeatable; default agents).", env="AGENTCTL_NAMESPACE"),
    ] = None
    all_namespaces: Annotated[bool, opt("-A", "--all-namespaces", help="All namespaces.")] = False
    selector: Annotated[
        str, opt("-l", "--selector", help="Label selector of the agents' pods.", env="AGENTCTL_SELECTOR")
    ] = "app=agent"
    field_selector: Annotated[str | None, opt("--field-selector", help="Field selector of the pods.")] = None
    container: Annotated[
        str | None, opt("-c", "--container", help="Only this container.", env="AGENTCTL_CONTAINER")
    ] = None
    as_user: Annotated[str | None, opt("--as", help="Impersonate this user.", env="AGENTCTL_AS")] = None
    as_group: Annotated[list[str] | None, opt("--as-group", help="Impersonate this group (repeatable).")] = None
    request_timeout: Annotated[
        str, opt("--request-timeout", help="Timeout of one request.", env="AGENTCTL_REQUEST_TIMEOUT")
    ] = "20s"
    max_log_requests: Annotated[int, opt("--max-log-requests", help="Pods whose logs are read at once.", min=1)] = 16
    prometheus_url: Annotated[
        str | None,
        opt("--prometheus-url", help="Prometheus, Thanos, Mimir or VictoriaMetrics.", env="AGENTCTL_PROMETHEUS_URL"),
    ] = None
    prometheus_ca_file: Annotated[
        Path | None,
        opt("--prometheus-ca-file", help="CA that signed its certificate.", env="AGENTCTL_PROMETHEUS_CA_FILE"),
    ] = None
    prometheus_client_cert: Annotated[
        Path | None, opt("--prometheus-client-cert", help="Client certificate.", env="AGENTCTL_PROMETHEUS_CLIENT_CERT")
    ] = None
    prometheus_client_key: Annotated[
        Path | None, opt("--prometheus-client-key", help="Its key.", env="AGENTCTL_PROMETHEUS_CLIENT_KEY")
    ] = None
    prometheus_org_id: Annotated[
        str | None, opt("--prometheus-org-id", help="Tenant (X-Scope-OrgID).", env="AGENTCTL_PROMETHEUS_ORG_ID")
    ] = None
    prometheus_label: Annotated[
        list[str] | None,
        opt(
            "--prometheus-label", help="k=v that every query must match (repeatable).", env="AGENTCTL_PROMETHEUS_LABEL"
        ),
    ] = None
    loki_url: Annotated[str | None, opt("--loki-url", help="Read the logs from Loki.", env="AGENTCTL_LOKI_URL")] = None
    traces_url: Annotated[str | None, opt("--traces-url", help="Jaeger or Tempo.", env="AGENTCTL_TRACES_URL")] = None

    def check(self) -> None:
        """Raise UsageError for options that exclude each other or cannot be read."""
        _reading("--request-timeout", self.request_timeout, parse_duration)
        if self.bundle and self.logs:
            raise UsageError("bad-option", "--bundle and --logs exclude each other", "give one of them")
        for pair in self.prometheus_label or ():
            if "=" not in pair:
                raise UsageError(
                    "bad-option", f"--prometheus-label {pair}: no `=`", "write --prometheus-label cluster=eu-1"
                )


def _reading(option: str, text: str | None, read: Callable[[str], Any]) -> Any:
    if text is None:
        return None
    try:
        return read(text)
    except ValueError as error:
        raise UsageError("bad-option", f"{option}: {error}") from None


def grouped(function: Callable[..., Any]) -> Callable[..., Any]:
    """Spread every parameter whose type is a dataclass of options into options of their own.

    The command then takes a few small frozen objects instead of thirty parameters. Each group's `check()` runs before the command.
    """
    own: list[inspect.Parameter] = []
    shared: list[inspect.Parameter] = []
    groups = {}
    for parameter in inspect.signature(function, eval_str=True).parameters.values():
        kind = parameter.annotation
        if inspect.isclass(kind) and dataclasses.is_dataclass(kind):
            groups[parameter.name] = kind
            shared += _fields(kind)
        else:
            own.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))

    @functools.wraps(function)
    def command(**given: Any) -> Any:
        built = {}
        for name, kind in groups.items():
            built[name] = kind(**{f.name: given.pop(f.name) for f in dataclasses.fields(kind)})
        # The output first: what the other checks say is already printed in the format that was asked for.
        for group in sorted(built.values(), key=lambda g: not isinstance(g, OutputOptions)):
            if hasattr(group, "check"):
                group.check()
        return function(**given, **built)

    # A command's own options stand before the shared ones on its help page.
    parameters = own + shared
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


def _fields(group: type) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=hints[f.name])
        for f in dataclasses.fields(group)
    ]
