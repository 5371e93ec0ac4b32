"""Changing one setting: nobody's change is lost, and the trail says what it was."""

import json
from threading import Thread
from typing import Any

import pytest
from django.db import connection

from bookbridge.exchange import mapping
from bookbridge.integrations import changing
from bookbridge.integrations.configuring import MAPPED_LISTS
from bookbridge.integrations.models import Configuration
from bookbridge.organisations.models import AuditEntry
from bookbridge.organisations.walls import acting_for
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def configuration() -> Configuration:
    return factories.whole_integration()


@pytest.fixture
def anna(configuration: Configuration) -> Any:
    return factories.member(configuration.organisation)


def stored(configuration: Configuration) -> Any:
    return Configuration.objects.get(pk=configuration.pk).mappings


def test_every_list_that_the_exchange_maps_can_be_changed() -> None:
    assert set(MAPPED_LISTS) == {*mapping._HEAD_FIELDS.values(), *mapping._LINE_FIELDS.values()}


def test_a_mapping_is_added_changed_and_removed_and_the_trail_tells_each_code(
    configuration: Configuration, anna: Any
) -> None:
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    for source, target in (("N", "0"), ("H", "5"), ("L", "")):
        assert changing.set_mapping(configuration, "vat_codes", source, target, anna)
    assert stored(configuration)["vat_codes"] == configuration.mappings["vat_codes"] == {"H": "5", "N": "0"}
    assert stored(configuration)["journals"] == {"VK": "70"}
    entries = AuditEntry.objects.exclude(pk__in=before).order_by("pk")
    assert [(entry.action, entry.actor_id) for entry in entries] == [("configuration.changed", str(anna.pk))] * 3
    assert [json.loads(entry.changes) for entry in entries] == [
        {"mappings.vat_codes.N": [None, "0"]},
        {"mappings.vat_codes.H": ["2", "5"]},
        {"mappings.vat_codes.L": ["1", None]},
    ]


def test_what_is_as_it_was_leaves_no_entry(configuration: Configuration, anna: Any) -> None:
    before = AuditEntry.objects.count()
    assert not changing.set_mapping(configuration, "vat_codes", "H", "2", anna)
    assert not changing.set_mapping(configuration, "vat_codes", "unknown", "", anna)
    assert AuditEntry.objects.count() == before


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(configuration: Configuration, anna: Any) -> None:
    changing.set_mapping(configuration, "vat_codes", "H", "5", anna, was="2")
    with pytest.raises(changing.ChangedMeanwhileError) as told:
        changing.set_mapping(configuration, "vat_codes", "H", "6", anna, was="2")
    assert told.value.now == "5"
    with pytest.raises(changing.ChangedMeanwhileError):
        changing.set_mapping(configuration, "vat_codes", "L", "6", anna, was="")
    assert stored(configuration)["vat_codes"] == {"H": "5", "L": "1"}


@pytest.mark.parametrize(("kind", "source"), [("colours", "1"), ("vat_codes", ""), ("vat_codes", "x" * 61)])
def test_what_can_be_no_mapping_is_refused(kind: str, source: str, configuration: Configuration, anna: Any) -> None:
    with pytest.raises(ValueError, match=r"code|list"):
        changing.set_mapping(configuration, kind, source, "1", anna)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_lose_no_mapping(configuration: Configuration, anna: Any) -> None:
    def add(number: int) -> None:
        with acting_for(configuration.organisation_id):
            changing.set_mapping(configuration, "ledger_accounts", f"S{number}", f"P{number}", anna)
        connection.close()

    threads = [Thread(target=add, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {f"S{number}" for number in range(6)} <= set(stored(configuration)["ledger_accounts"])
