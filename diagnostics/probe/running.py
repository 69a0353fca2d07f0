"""Asks all questions, and writes what came of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts.models import SalesAccount
from clients.http import ApiError
from clients.marketo.client import MarketoClient
from clients.salesforce.client import SalesforceClient
from connections.models import MarketoConnection, SalesforceConnection, Service
from connections.services.client_factory import marketo_client, salesforce_client
from diagnostics.probe import marketo, salesforce
from diagnostics.probe.question import Answer, Question, Verdict
from rights.visibility import free_to_refuse

FORMAT = 1


@dataclass(frozen=True)
class Finding:
    """A question with its answer."""

    service: Service
    question: Question
    verdict: Verdict
    answer: Answer

    def as_json(self) -> dict[str, Any]:
        asked = self.question
        return {
            "code": asked.code,
            "service": self.service.value,
            "assumption": asked.assumption,
            "source": asked.source,
            "expected": asked.expected,
            "answer": self.answer,
            "verdict": self.verdict.value,
        }


def probe(account: SalesAccount) -> list[Finding]:
    """Ask both providers everything: about a hundred calls, which change nothing."""
    to_marketo = MarketoConnection.objects.for_account(account).first()
    to_salesforce = SalesforceConnection.objects.for_account(account).first()
    clients = [
        (Service.MARKETO, marketo_client(to_marketo) if to_marketo else None, marketo.QUESTIONS),
        (Service.SALESFORCE, salesforce_client(to_salesforce) if to_salesforce else None, salesforce.QUESTIONS),
    ]
    return [found for service, client, asked in clients for found in _asked(service, client, asked)]


def report(findings: Iterable[Finding]) -> dict[str, Any]:
    """What is written to a file."""
    return {"format": FORMAT, "questions": [finding.as_json() for finding in findings]}


def _asked(
    service: Service, client: MarketoClient | SalesforceClient | None, questions: Iterable[Question]
) -> list[Finding]:
    if client is None:
        return [Finding(service, question, Verdict.NOT_CONNECTED, "") for question in questions]
    asked = marketo.Remembering(client) if isinstance(client, MarketoClient) else client
    with free_to_refuse(client):
        return [_answered(service, asked, question) for question in questions]


def _answered(service: Service, client: Any, question: Question) -> Finding:
    try:
        answer = question.ask(client)
    except ApiError as error:
        # Its code alone: what stands beside it may name somebody.
        return Finding(service, question, Verdict.REFUSED, error.code)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        return Finding(service, question, Verdict.REFUSED, "unexpected_shape")
    if answer is Verdict.NONE_SEEN:
        return Finding(service, question, answer, "")
    return Finding(service, question, Verdict.SAME if answer == question.expected else Verdict.DIFFERENT, answer)
