"""The page of a package says of each known error what becomes of it."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from bookbridge.kit import catalogue
from bookbridge.kit.fact_sheet import KnownError
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(factories.member(factories.organisation()))
    return client


def rows(page: str) -> dict[str, str]:
    """The package's words → what stands beside them."""
    found = re.findall(r'<tr><th scope="row">(.*?)</th><td>(.*?)</td></tr>', page)
    return {_plain(words): _plain(beside) for words, beside in found}


def _plain(cell: str) -> str:
    return strip_tags(cell).replace("&quot;", '"').replace("&#x27;", "'").strip()


def expected(error: KnownError) -> str:
    if error.caught_before_sending:
        return "Yes"
    if error.answered:
        return f"Answered by itself: {error.answered}"
    return f"Can’t be known: {error.beyond_us}" if error.beyond_us else "Not yet"


@pytest.mark.parametrize("package", catalogue.packages())
def test_what_becomes_of_each_known_error(reader: Client, package: str) -> None:
    errors = catalogue.fact_sheet(package).known_errors
    page = reader.get(reverse("package", args=[package])).content.decode()
    assert {error.text: expected(error) for error in errors}.items() <= rows(page).items()
