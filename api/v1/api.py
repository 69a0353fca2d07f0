"""The API as a whole: its addresses, how it tells errors, and its description."""

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers, set_response_etag
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from api.problems import problem
from api.v1 import accounts, failed_calls, freshness, problems, runs
from api.v1.auth import SECONDS
from api.v1.description import DESCRIPTION, complete

View = Callable[..., HttpResponse]
MEDIA_TYPE = "application/json"
# Of the header; browsers write a fifth of it.
LONGEST_ACCEPT = 1_000


class Api(NinjaAPI):
    """Describes its errors as what they are, and that answers have a tag."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        return self._description

    @cached_property
    def _description(self) -> OpenAPISchema:
        """Made once: it took a processor ten times what a page takes, and anybody may ask for it."""
        return complete(super().get_openapi_schema())


# The description is no page: one of the library's would need scripts from elsewhere.
api = Api(
    title="MSI Actions Admin",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api-v1",
    docs_url=None,
    docs_decorator=lambda view: csrf_exempt(require_safe(view)),
)


def answered(view: View) -> View:
    """What every answer keeps to: it is JSON, of one token alone, and has a tag by which it is not sent twice."""

    @wraps(view)
    def wrapped(request: HttpRequest, **keys: Any) -> HttpResponse:
        if not _takes_json(request):
            return problem(406)
        response = view(request, **keys)
        if response.status_code != 200:
            return response
        patch_cache_control(response, private=True, no_cache=True)
        patch_vary_headers(response, ["Authorization"])
        set_response_etag(response)
        return get_conditional_response(request, etag=response["ETag"], response=response) or response

    return wrapped


def _takes_json(request: HttpRequest) -> bool:
    """
    Django's work on the header grows with the square of its length, and it fails for one whose parts name a codec that
    there is not: who sends such a header takes nothing that we have.
    """
    if len(request.headers.get("Accept", "")) > LONGEST_ACCEPT:
        return False
    try:
        return request.accepts(MEDIA_TYPE)
    except ValueError:
        return False


@api.exception_handler(HttpError)
def _refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code == 401:
        answer = problem(401, "Send a token that is good in the header Authorization, as: Bearer msi_api_…")
        is_bad = ', error="invalid_token"' if "Authorization" in request.headers else ""
        answer["WWW-Authenticate"] = f'Bearer realm="api"{is_bad}'
        return answer
    answer = problem(error.status_code, error.message)
    if error.status_code == 429:
        answer["Retry-After"] = str(SECONDS)
    return answer


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [f"{found['loc'][-1]}: {found['msg']}" for found in error.errors]
    return problem(422, "The address or its query is not as the description says.", errors=errors)


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404)


api.add_decorator(answered, mode="view")
api.add_router("/accounts", accounts.router)
api.add_router("/runs", runs.router)
api.add_router("/freshness", freshness.router)
api.add_router("/problems", problems.router)
api.add_router("/failed-calls", failed_calls.router)
