"""No text of the portal lacks a translation, and what is compiled is what is written."""

import io
import re
import sys
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo, write_mo
from django.test import Client
from django.utils import translation

from tests import factories

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import translations

_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


@pytest.fixture(scope="module")
def template() -> translations.Catalog:
    return translations.gathered()


def test_the_texts_are_found_at_all(template: translations.Catalog) -> None:
    texts = {str(message.id) for message in template}
    assert {"My company", "Show only failed", "Someone has already decided on these outstanding items."} <= texts
    assert len(texts) > 300


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_every_text_is_translated(language: str, template: translations.Catalog) -> None:
    assert translations.untranslated(translations.updated(language, template)) == [], "run tools/translations.py"


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_the_compiled_catalogue_is_the_written_one(language: str) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, translations.kept(language))
    compiled.seek(0)
    with translations.catalogue_path(language, "mo").open("rb") as file:
        kept = {(m.context, str(m.id)): m.string for m in read_mo(file) if m.id}
    assert kept == {(m.context, str(m.id)): m.string for m in read_mo(compiled) if m.id}, "run tools/translations.py"


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_translations_keep_their_placeholders(language: str) -> None:
    for message in translations.kept(language):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = set(_PLACEHOLDER.findall(" ".join(ids)))
        for text in strings:
            assert set(_PLACEHOLDER.findall(text)) == wanted, message.id


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "title", "amount", "word"),
    [
        ("en", "Run of", "2,258.50\u00a0EUR", "VAT code 9 is not known in the package."),
        ("nl", "Uitwisseling van", "2.258,50\u00a0EUR", "Btw-code 9 is niet bekend in het pakket."),
        ("fr", "Échange du", "2\u00a0258,50\u00a0EUR", "Le code TVA 9 n&#x27;existe pas dans le logiciel."),
    ],
)
def test_a_run_in_the_users_language_and_form(
    language: str, title: str, amount: str, word: str, client: Client
) -> None:
    run = factories.run_with_errors(factories.whole_integration())
    client.force_login(factories.member(run.organisation, language=language, time_zone="Europe/Paris"))
    page = client.get(f"/companies/{run.organisation_id}/runs/{run.pk}/")
    text = page.content.decode()
    assert f'<html lang="{language}">' in text
    assert page["Content-Language"] == language
    for expected in (title, amount, word):
        assert expected in text
    assert translation.get_language() == "en"


@pytest.mark.django_db
def test_a_visitor_gets_the_language_of_the_browser(client: Client) -> None:
    page = client.get("/accounts/login/", headers={"accept-language": "fr-BE,fr;q=0.9"})
    assert "Connexion à Bookbridge" in page.content.decode()


@pytest.mark.django_db
def test_times_are_in_the_users_zone(client: Client) -> None:
    run = factories.run(factories.whole_integration())
    for zone, shown in (("Europe/Amsterdam", "10:30"), ("America/Curacao", "05:30"), ("No/Such", "09:30")):
        user = factories.member(run.organisation, time_zone=zone)
        client.force_login(user)
        assert (
            f"12 Mar 2026, {shown}" in client.get(f"/companies/{run.organisation_id}/runs/{run.pk}/").content.decode()
        )
