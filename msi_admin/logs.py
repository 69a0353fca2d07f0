"""Structured logs on standard output: JSON in production, readable lines elsewhere."""

import logging.config
import re
from typing import Any
from urllib.parse import unquote

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# Names whose values never reach a log, and the shapes of tokens inside free text.
SECRET_NAME = re.compile(r"secret|token|password|authorization|cookie|verifier|refresh|assertion", re.IGNORECASE)
SECRET_IN_TEXT = re.compile(
    r"((?<![a-z_])(?:access_token|refresh_token|client_secret|code|state|code_verifier|oauth_token|password)=)[^&\s\"']+"
    r"|(Bearer )\S+|(/(?:invitations|help|password/reset/key|confirm-email)/)[^/\s\"']{6,}",
    re.IGNORECASE,
)

# Request lines that repeat ours with query strings, and the sweep that beat sends every second.
TOO_CHATTY = (
    "urllib3",
    "django.server",
    "celery.app.trace",
    "celery.beat",
    "celery.worker.strategy",
    "django_structlog.celery.receivers",
)


def configure(options: dict[str, Any]) -> None:
    """Set up logging and structlog together; called by Django with the LOGGING setting."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    renderer = structlog.processors.JSONRenderer() if options["json"] else structlog.dev.ConsoleRenderer(colors=False)
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structured": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                    "foreign_pre_chain": [*shared[:4], structlog.stdlib.ExtraAdder(), *shared[4:]],
                }
            },
            "handlers": {"stdout": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "root": {"handlers": ["stdout"], "level": options["level"]},
            "loggers": {name: {"level": "WARNING"} for name in TOO_CHATTY},
        }
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def hide_secrets(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Replace secret values by a mark, by the name of the field and by shape inside text."""
    return {key: _clean(key, value) for key, value in event.items()}


def _clean(key: str, value: object) -> object:
    if SECRET_NAME.search(key):
        return "[hidden]"
    if isinstance(value, str):
        return _hide_in_text(value)
    return value


def _hide_in_text(text: str) -> str:
    """Hide secrets; where percent-encoding hides one from the pattern, the decoded text is written instead."""
    plain = unquote(text)
    hidden = SECRET_IN_TEXT.sub(lambda found: (found[1] or found[2] or found[3]) + "[hidden]", plain)
    return text if hidden == plain else hidden
