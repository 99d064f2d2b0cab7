"""How a model provider's failure reads in its SDK (anthropic, openai, google-genai)."""

from __future__ import annotations

from random import Random

from agentctl.simulator.failures import SITE, Failure, request_id

MODES = ("rate-limit", "outage", "connection", "timeout", "quota", "auth")
HOSTS = {
    "anthropic": "https://api.anthropic.com/v1/messages",
    "openai": "https://api.openai.com/v1/chat/completions",
    "google": "https://generativelanguage.googleapis.com/v1beta/models/{model}:generateContent",
}
_ORG = {"anthropic": "3f0c5a7e-54c1-4e0b-9d5d-2b7c1d6f9a10", "openai": "org-Qm4Xr8TzLw2VbN6c"}
REASONS = {
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 429: "Too Many Requests", 500: "Internal Server Error",
    502: "Bad Gateway", 503: "Service Unavailable", 529: "",
}  # fmt: skip


def llm_failure(provider: str, model: str, mode: str, rng: Random, until: str = "2026-04-01") -> Failure:
    """The exception that a call to the provider ends in. `mode` is one of MODES; `until` the day a spent quota comes back."""
    builder = {"anthropic": _anthropic, "openai": _openai}.get(provider, _google)
    return builder(model, mode, rng, until)


def _frames(package: str) -> tuple[tuple[str, int, str, str], ...]:
    return (
        (
            f"{SITE}/{package}/resources/{'messages/messages' if package == 'anthropic' else 'chat/completions/completions'}.py",
            2028,
            "create",
            "return await self._post(",
        ),
        (
            f"{SITE}/{package}/_base_client.py",
            1594,
            "request",
            "raise self._make_status_error_from_response(err.response) from None",
        ),
    )


def _anthropic(model: str, mode: str, rng: Random, until: str) -> Failure:
    def fail(cls: str, code: int, kind: str, message: str, seconds: float) -> Failure:
        body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id(rng)}
        text = f"Error code: {code} - {body}"
        return Failure(f"anthropic.{cls}", text, _frames("anthropic"), code, seconds)

    if mode == "rate-limit":
        what = rng.choice(
            (
                "400,000 input tokens per minute",
                "400,000 input tokens per minute",
                "80,000 output tokens per minute",
                "1,000 requests per minute",
            )
        )
        return fail(
            "RateLimitError", 429, "rate_limit_error",
            f"This request would exceed your organization's rate limit of {what} (org: {_ORG['anthropic']}, model: {model}). For "
            "details, refer to: "
            "https://docs.claude.com/en/api/rate-limits. You can see the response headers for current usage. Please reduce the "
            "prompt length or the maximum "
            "tokens requested, or try again later. You may also contact sales at https://www.anthropic.com/contact-sales to "
            "discuss your options for a rate limit increase.",
            rng.uniform(0.1, 0.4),
        )  # fmt: skip
    if mode == "quota":
        if rng.random() < 0.5:
            return fail(
                "BadRequestError",
                400,
                "invalid_request_error",
                "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
                0.2,
            )
        return fail(
            "BadRequestError",
            400,
            "invalid_request_error",
            f"You have reached your specified API usage limits. You will regain access on {until} at 00:00 UTC.",
            0.2,
        )
    if mode == "auth":
        return fail("AuthenticationError", 401, "authentication_error", "invalid x-api-key", rng.uniform(0.05, 0.2))
    if mode == "connection":
        return Failure(
            "anthropic.APIConnectionError", "Connection error.", _frames("anthropic")[:1], seconds=rng.uniform(0.1, 3)
        )
    if mode == "timeout":
        return Failure(
            "anthropic.APITimeoutError",
            "Request timed out or interrupted. This could be due to a network timeout, dropped connection, or request "
            "cancellation. See https://docs.anthropic.com/en/api/errors#long-requests for more details.",
            _frames("anthropic")[:1],
            seconds=30.0,
        )
    if rng.random() < 0.75:
        return fail("OverloadedError", 529, "overloaded_error", "Overloaded", rng.uniform(0.2, 2))
    return fail("InternalServerError", 500, "api_error", "Internal server error", rng.uniform(0.5, 6))


def _openai(model: str, mode: str, rng: Random, until: str) -> Failure:
    def fail(cls: str, code: int, message: str, kind: str, word: str | None, seconds: float) -> Failure:
        body = {"error": {"message": message, "type": kind, "param": None, "code": word}}
        text = f"Error code: {code} - {body}"
        return Failure(f"openai.{cls}", text, _frames("openai"), code, seconds)

    if mode == "rate-limit":
        used, asked = rng.randint(440_000, 450_000), rng.randint(1500, 9000)
        return fail(
            "RateLimitError", 429,
            f"Rate limit reached for {model} in organization {_ORG['openai']} on tokens per min (TPM): Limit 450000, Used {used}, "
            f"Requested {asked}. "
            f"Please try again in {rng.randint(120, 1900)}ms. Visit https://platform.openai.com/account/rate-limits to learn more.",
            "tokens", "rate_limit_exceeded", rng.uniform(0.1, 0.4),
        )  # fmt: skip
    if mode == "quota":
        return fail(
            "RateLimitError",
            429,
            "You exceeded your current quota, please check your plan and billing details. For more information on this error, "
            "read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
            "insufficient_quota",
            "insufficient_quota",
            0.3,
        )
    if mode == "auth":
        shown = "sk-pr" + "*" * 40 + "x9QA"
        return fail(
            "AuthenticationError",
            401,
            f"Incorrect API key provided: {shown}. You can find your API key at https://platform.openai.com/account/api-keys.",
            "invalid_request_error",
            "invalid_api_key",
            0.2,
        )
    if mode == "connection":
        return Failure(
            "openai.APIConnectionError", "Connection error.", _frames("openai")[:1], seconds=rng.uniform(0.1, 3)
        )
    if mode == "timeout":
        return Failure("openai.APITimeoutError", "Request timed out.", _frames("openai")[:1], seconds=30.0)
    if rng.random() < 0.6:
        return fail(
            "InternalServerError",
            500,
            "The server had an error while processing your request. Sorry about that!",
            "server_error",
            None,
            rng.uniform(0.5, 6),
        )
    return fail(
        "InternalServerError",
        503,
        "The server is currently overloaded with other requests. Sorry about that! Please retry your requests after a brief wait.",
        "server_error",
        None,
        rng.uniform(0.2, 2),
    )


def _google(model: str, mode: str, rng: Random, until: str) -> Failure:
    frames = (
        (
            f"{SITE}/google/genai/errors.py",
            105,
            "raise_for_response",
            "raise ClientError(status_code, response_json, response)",
        ),
    )

    def fail(cls: str, code: int, status: str, message: str, seconds: float) -> Failure:
        text = f"{code} {status}. {{'error': {{'code': {code}, 'message': {message!r}, 'status': '{status}'}}}}"
        return Failure(f"google.genai.errors.{cls}", text, frames, code, seconds)

    if mode == "rate-limit":
        return fail(
            "ClientError",
            429,
            "RESOURCE_EXHAUSTED",
            "Quota exceeded for metric: generativelanguage.googleapis.com/generate_requests_per_minute, limit: 360, model: "
            f"{model}. Please retry in {rng.randint(2, 50)}s.",
            0.2,
        )
    if mode == "quota":
        return fail(
            "ClientError",
            429,
            "RESOURCE_EXHAUSTED",
            "Your prepayment credits are depleted. Please go to AI Studio to manage your project and billing.",
            0.2,
        )
    if mode == "auth":
        return fail("ClientError", 400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", 0.1)
    if mode == "connection":
        return Failure("httpx.ConnectError", "[Errno 101] Network is unreachable", seconds=rng.uniform(0.1, 3))
    if mode == "timeout":
        return Failure("httpx.ReadTimeout", "The read operation timed out", seconds=30.0)
    return fail(
        "ServerError", 503, "UNAVAILABLE", "The model is overloaded. Please try again later.", rng.uniform(0.2, 2)
    )
