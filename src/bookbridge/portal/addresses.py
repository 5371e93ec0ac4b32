"""Addresses of pages of a list, under the filters that the reader has chosen."""

from urllib.parse import urlencode

from django.http import HttpRequest


def older_link(request: HttpRequest, cursor: str) -> str:
    """The address of the next page under the same filters, empty at the end."""
    return filtered_address(request, ("before", cursor)) if cursor else ""


def filtered_address(request: HttpRequest, *more: tuple[str, str]) -> str:
    """This page's filters without its place in the paging."""
    kept = [(name, value) for name, value in request.GET.items() if name != "before"]
    return "?" + urlencode([*kept, *more])
