"""Fact sheets of packages that let us in by a key, and the token that is made of what a person gives."""

import pytest
from pydantic import ValidationError

from bookbridge.kit import catalogue
from bookbridge.kit.access_key import FixedToken, token_of
from bookbridge.kit.fact_sheet import AccessKey, FactSheet, KeyField, Words

WORDS = Words(en="Key", nl="Sleutel", fr="Clé")


def field(name: str) -> KeyField:
    return KeyField(name=name, label=WORDS, hint=WORDS)


def test_one_field_is_the_token_and_several_are_its_json() -> None:
    one = AccessKey(how=WORDS, fields=(field("key"),))
    assert token_of(one, {"key": "k", "other": "o"}) == "k"
    two = AccessKey(how=WORDS, fields=(field("user"), field("password")))
    assert token_of(two, {"password": "p", "user": "u"}) == '{"user":"u","password":"p"}'
    with pytest.raises(KeyError):
        token_of(two, {"user": "u"})


def test_a_token_does_not_show() -> None:
    assert "secret" not in repr(FixedToken("secret"))


def test_words_fall_back_to_english() -> None:
    assert [WORDS.in_language(language) for language in ("nl", "fr-be", "de")] == ["Sleutel", "Clé", "Key"]


def test_a_package_lets_us_in_by_one_way() -> None:
    sheet = catalogue.fact_sheet("exact_online")
    whole = sheet.model_dump()
    key = AccessKey(how=WORDS, fields=(field("key"),))
    for wrong in ({"access_key": key.model_dump()}, {"oauth": None}):
        with pytest.raises(ValidationError, match="either by"):
            FactSheet.model_validate({**whole, **wrong})
    with pytest.raises(ValidationError, match="where the package is"):
        FactSheet.model_validate({**whole, "oauth": None, "access_key": key.model_dump(), "addresses": []})
    asks = AccessKey(how=WORDS, address=field("address"), fields=(field("key"),))
    given = FactSheet.model_validate({**whole, "oauth": None, "access_key": asks.model_dump(), "addresses": []})
    with pytest.raises(LookupError):
        _ = given.oauth_rules
