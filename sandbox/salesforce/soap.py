"""The two SOAP calls that have no REST twin: `login()` and `convertLead()` (SOAP API Developer Guide)."""

from __future__ import annotations

import re
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.salesforce.api import check_session, is_allowed_address
from sandbox.salesforce.authorize import Authorization
from sandbox.salesforce.conversion import Conversion, convert_lead
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.grants import TokenError, check_user, new_access_token, open_grant
from sandbox.salesforce.org import Org
from sandbox.salesforce.rest import origin
from sandbox.salesforce.xml import DECLARATION, element, leaves

ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
FAULTS: Final = "urn:fault.partner.soap.sforce.com"
NAMESPACE: Final = "urn:partner.soap.sforce.com"
# login() is gone from this version on.
FIRST_WITHOUT_LOGIN: Final = 65
CONVERSIONS: Final = re.compile(r"<(?:\w+:)?leadConverts>(.*?)</(?:\w+:)?leadConverts>", re.DOTALL)


class Soap:
    """The SOAP endpoint of one org."""

    def __init__(self, org: Org, authorization: Authorization) -> None:
        self.org = org
        self.authorization = authorization

    def routes(self) -> list[BaseRoute]:
        paths = ("/services/Soap/u/{version}", "/services/Soap/c/{version}", "/services/Soap/u/{version}/{org_id}")
        return [Route(path, self.answer, methods=["POST"]) for path in paths]

    async def answer(self, request: Request) -> Response:
        document = (await request.body()).decode()
        try:
            if re.search(r"<(?:\w+:)?login[\s>]", document):
                return _envelope("loginResponse", {"result": self._login(request, leaves(document))})
            if "convertLead" in document:
                return _envelope("convertLeadResponse", {"result": self._convert(request, document)})
        except SalesforceError as error:
            return _fault(error)
        return _fault(SalesforceError("UNKNOWN_EXCEPTION", "The sandbox knows login and convertLead here"))

    def _login(self, request: Request, asked: dict[str, str]) -> dict[str, Any]:
        if float(request.path_params["version"]) >= FIRST_WITHOUT_LOGIN:
            raise SalesforceError("UNSUPPORTED_API_VERSION", "login() is not part of this version")
        username = self.authorization.signed_in(
            asked.get("username", ""), asked.get("password", ""), may_have_token=True
        )
        if username is None or not is_allowed_address(self.org, request):
            sentence = "Invalid username, password, security token; or user locked out."
            raise SalesforceError("INVALID_LOGIN", sentence)
        try:
            check_user(self.org, username)
        except TokenError as error:
            raise SalesforceError("INVALID_LOGIN", error.description) from error
        token = new_access_token(self.org, open_grant(self.org, "", username, ("api", "web")))
        site = origin(request)
        return {
            "metadataServerUrl": f"{site}/services/Soap/m/{request.path_params['version']}/{self.org.id}",
            "passwordExpired": False,
            "sandbox": self.org.is_sandbox,
            "serverUrl": f"{site}/services/Soap/u/{request.path_params['version']}/{self.org.id}",
            "sessionId": token,
            "userId": self.org.user(username)["Id"],
            "userInfo": {
                "organizationId": self.org.id,
                "organizationName": self.org.facts["Name"],
                "sessionSecondsValid": self.org.policies.session_minutes * 60,
                "userEmail": self.org.user(username)["Email"],
                "userFullName": self.org.user(username)["Name"],
                "userId": self.org.user(username)["Id"],
                "userName": username,
            },
        }

    def _convert(self, request: Request, document: str) -> list[dict[str, Any]]:
        username = check_session(self.org, request, leaves(document).get("sessionId", ""))
        return [self._converted(leaves(part), username) for part in CONVERSIONS.findall(document)]

    def _converted(self, asked: dict[str, str], username: str) -> dict[str, Any]:
        conversion = Conversion(
            lead_id=asked.get("leadId", ""),
            status=asked.get("convertedStatus", ""),
            account_id=asked.get("accountId", ""),
            owner_id=asked.get("ownerId", ""),
            opportunity_name=asked.get("opportunityName", ""),
            makes_opportunity=asked.get("doNotCreateOpportunity") != "true",
        )
        try:
            found = convert_lead(self.org, conversion, username)
        except SalesforceError as error:
            errors = {"message": error.message, "statusCode": error.code}
            return {"errors": errors, "leadId": conversion.lead_id, "success": False}
        return {
            "accountId": found.account_id,
            "contactId": found.contact_id,
            "leadId": found.lead_id,
            "opportunityId": found.opportunity_id,
            "success": True,
        }


def _envelope(name: str, content: dict[str, Any]) -> Response:
    body = f"<soapenv:Body>{element(name, content, NAMESPACE)}</soapenv:Body>"
    return _xml(f'<soapenv:Envelope xmlns:soapenv="{ENVELOPE}">{body}</soapenv:Envelope>', 200)


def _fault(error: SalesforceError) -> Response:
    detail = element("sf:exceptionCode", error.code) + element("sf:exceptionMessage", error.message)
    fault = element("faultcode", f"sf:{error.code}") + element("faultstring", f"{error.code}: {error.message}")
    body = f"<soapenv:Fault>{fault}<detail><sf:fault>{detail}</sf:fault></detail></soapenv:Fault>"
    opening = f'<soapenv:Envelope xmlns:soapenv="{ENVELOPE}" xmlns:sf="{FAULTS}">'
    return _xml(f"{opening}<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>", 500)


def _xml(document: str, status: int) -> Response:
    return Response(DECLARATION + document, status, media_type="text/xml")
