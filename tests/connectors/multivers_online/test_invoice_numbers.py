"""An invoice is known by its number alone: it is looked up before it is sent, and never taken for another one's."""

import pytest

from bookbridge.connectors.multivers_online import reading
from bookbridge.connectors.multivers_online.mapping import Codes
from bookbridge.documents import DocumentKind, SalesInvoice
from bookbridge.kit.conformance.expect import expect, only, refused_at
from bookbridge.kit.conformance.rig import Rig, changing
from bookbridge.kit.outcomes import AlreadyThere, Found, Posted
from tests.connectors.multivers_online import NAME

KINDS: tuple[DocumentKind, ...] = ("sales_invoice", "purchase_invoice")


@pytest.mark.parametrize("kind", KINDS)
def test_an_invoice_that_is_there_is_not_sent_though_multivers_would_take_it_again(kind: DocumentKind):
    with Rig(NAME, repeats_invoice_numbers=True) as rig:
        rig.posted(*rig.samples.needed_by(kind))
        document = rig.samples.of_kind(kind)
        expect(Posted, rig.post(document))
        connector = rig.connector()
        with rig.calls() as calls:
            expect(AlreadyThere, rig.post(document, connector))
        assert not changing(calls)
        only(rig, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_another_invoice_under_our_number_is_a_person_s_matter_though_multivers_would_take_ours(kind: DocumentKind):
    with Rig(NAME, repeats_invoice_numbers=True) as rig:
        rig.posted(*rig.samples.needed_by(kind))
        document = rig.samples.of_kind(kind)
        expect(Posted, rig.post(document))
        other = rig.samples.doubled(document)
        assert "different: total, lines" in (refused_at(rig.post(other), other, "number").evidence or "")
        only(rig, kind)


def test_an_invoice_of_another_journal_is_another_one_though_it_says_the_same():
    with Rig(NAME) as rig:
        rig.posted(rig.samples.customer(), rig.samples.sales())
        other = rig.samples.sales(journal="VR2")
        assert expect(Found, rig.connector().find(rig.request(other))).differences == ("journal",)
        assert "different: journal" in (refused_at(rig.post(other), other, "number").evidence or "")
        only(rig, "sales_invoice")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"fiscalYear": 2025, "journalId": "VRK"}, ("fiscal_year",)),
        ({"fiscalYear": "2026", "journalId": "VRK "}, ()),
        ({"fiscalYear": None}, ()),
    ],
)
def test_an_invoice_of_another_year_is_another_one(rig: Rig, told: dict[str, object], expected: tuple[str, ...]):
    document: SalesInvoice = rig.samples.sales()
    rig.posted(document)
    [held] = rig.simulator.store.all("customer_invoice", rig.stage.administration)
    codes = Codes(rig.package_settings(), {})
    assert reading.invoice_differences(document, {**held, **told}, codes) == expected
