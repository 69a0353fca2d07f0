"""What holds for every address of the API, whoever answers there."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from api.problems import is_problem, problem_details, turn_into_problem

PREFIX = "/api/"


class ApiMiddleware:
    """
    Below /api/ a browser's cookies say nothing, so that no other site can make use of them, and whatever goes wrong is
    told as problem+json. Outside all others, so that their refusals are told so, too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        request.META.pop("HTTP_COOKIE", None)
        response = self.get_response(request)
        if response.status_code < 400 or is_problem(response):
            return response
        return turn_into_problem(response, problem_details(response.status_code))
