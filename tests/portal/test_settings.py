"""The settings of an integration in the portal: what is wrong says so at its field, and nobody's change is lost."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bookbridge.exchange import outstanding, pausing
from bookbridge.exchange.models import OutstandingSnapshot
from bookbridge.integrations.models import Configuration, PackageCache
from bookbridge.kit.package_settings import LedgerAccount, PackageSettings, VatCode
from bookbridge.storage import open_storage
from tests import factories
from tests.exchange import files
from tests.portal.stored import stored_at

pytestmark = pytest.mark.django_db
ATTACK = '"><script>alert(1)</script>'


@pytest.fixture
def configuration(settings: Any, tmp_path: Any) -> Configuration:
    stored_at(settings, tmp_path)
    made = factories.whole_integration()
    known = PackageSettings(
        vat_codes=(VatCode(code="0", name="Zero"), VatCode(code="2", name="High"), VatCode(code="9", blocked=True)),
        ledger_accounts=(LedgerAccount(code="8000", name="Revenue"),),
        unknown=("journals",),
    )
    PackageCache.objects.create(
        organisation=made.organisation,
        configuration=made,
        settings=known.model_dump(mode="json"),
        fetched_at=timezone.now(),
    )
    return made


def as_a(role: str, configuration: Configuration) -> Client:
    client = Client()
    client.force_login(factories.member(configuration.organisation, role, name=f"The {role}"))
    return client


def at(name: str, configuration: Configuration, *more: str) -> str:
    place = [configuration.organisation_id, configuration.integration_id]
    return reverse(name, args=place if name == "settings" else [*place, configuration.pk, *more])


def page_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def stored(configuration: Configuration) -> Configuration:
    return Configuration.objects.get(pk=configuration.pk)


def hidden(page: str, name: str) -> str:
    field = next(part for part in page.split("<input") if f'name="{name}"' in part)
    return field.split('value="')[1].split('"')[0] if 'value="' in field.split(">")[0] else ""


# --- the schedule


def save_schedule(client: Client, configuration: Configuration, seen: str, **given: str) -> Any:
    return client.post(at("save_schedule", configuration), {"interval": "30", "share": "30", "seen": seen, **given})


def test_a_new_interval_is_kept_and_plans_the_next_reading(configuration: Configuration) -> None:
    client = as_a("owner", configuration)
    seen = hidden(page_of(client, at("settings", configuration)), "seen")
    assert save_schedule(client, configuration, seen, interval="5", share="12,5").status_code == 302
    kept = stored(configuration)
    assert (kept.outstanding_interval_min, kept.outstanding_hold_share) == (5, Decimal("12.50"))
    now = timezone.now()
    assert kept.next_outstanding_at == outstanding.next_due(kept, now)
    assert 0 < (kept.next_outstanding_at - now).total_seconds() <= 300


def test_a_new_share_alone_leaves_the_next_reading_where_it_is(configuration: Configuration) -> None:
    client = as_a("owner", configuration)
    seen = hidden(page_of(client, at("settings", configuration)), "seen")
    save_schedule(client, configuration, seen, share="40")
    assert stored(configuration).next_outstanding_at == configuration.next_outstanding_at


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"interval": "4"}, "The shortest interval is 5 minutes."),
        ({"interval": "1441"}, "The longest interval is 1440 minutes"),
        ({"interval": "half"}, "Give a whole number of minutes."),
        ({"interval": ""}, "Give a number of minutes."),
        ({"share": "100.01"}, "Give a percentage from 0 to 100, with two decimals at most."),
        ({"share": "3.1234"}, "Give a percentage from 0 to 100, with two decimals at most."),
        ({"share": "NaN"}, "This is no percentage."),
        ({"share": "many"}, "This is no percentage."),
        ({"share": ATTACK[:10]}, "This is no percentage."),
    ],
)
def test_a_schedule_that_cannot_be_says_why_at_its_field(
    given: dict[str, str], said: str, configuration: Configuration
) -> None:
    client = as_a("owner", configuration)
    seen = hidden(page_of(client, at("settings", configuration)), "seen")
    answer = save_schedule(client, configuration, seen, **given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert page.count('aria-invalid="true"') == 1
    assert "<script>alert" not in page
    assert stored(configuration).outstanding_interval_min == 30


def test_the_later_of_two_schedules_is_told_and_may_then_overwrite(configuration: Configuration) -> None:
    client = as_a("owner", configuration)
    seen = hidden(page_of(client, at("settings", configuration)), "seen")
    save_schedule(client, configuration, seen, interval="60")
    late = save_schedule(client, configuration, seen, interval="15")
    page = late.content.decode()
    assert late.status_code == 422
    assert "Somebody else has changed this meanwhile" in page
    assert "It says now: 60" in page
    assert 'value="15"' in page
    assert stored(configuration).outstanding_interval_min == 60
    assert save_schedule(client, configuration, hidden(page, "seen"), interval="15").status_code == 302
    assert stored(configuration).outstanding_interval_min == 15


# --- mappings


def save_mapping(client: Client, configuration: Configuration, kind: str = "vat_codes", **given: str) -> Any:
    return client.post(at("save_mapping", configuration, kind), {"was": "", **given})


def test_a_code_is_mapped_changed_and_removed(configuration: Configuration) -> None:
    client = as_a("bookkeeper", configuration)
    page = page_of(client, at("mappings", configuration, "vat_codes"))
    assert '<option value="0">0 Zero</option>' in page
    assert '<option value="9"' not in page
    assert save_mapping(client, configuration, source=" N ", target="0").status_code == 302
    changing_page = page_of(client, at("mappings", configuration, "vat_codes") + "?change=H")
    assert (hidden(changing_page, "was"), "readonly" in changing_page) == ("2", True)
    assert save_mapping(client, configuration, source="H", target="0", was="2").status_code == 302
    remove = at("remove_mapping", configuration, "vat_codes")
    assert client.post(remove, {"source": "L", "was": "1"}).status_code == 302
    assert stored(configuration).mappings["vat_codes"] == {"H": "0", "N": "0"}
    assert "is gone already" in client.post(remove, {"source": "L", "was": "1"}, follow=True).content.decode()


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        ("vat_codes", {"source": "H", "target": "0"}, "This code is mapped already, to 2."),
        ("vat_codes", {"source": "N", "target": "77"}, "The package has no such code."),
        ("vat_codes", {"source": "N", "target": "9"}, "This code is blocked in the package."),
        ("cost_units", {"source": "N", "target": "1"}, "The package has no such code."),
        ("vat_codes", {"source": "", "target": "2"}, "Give the code as it stands in the source."),
        ("vat_codes", {"source": "N", "target": ""}, "Choose the package&#x27;s code."),
        ("vat_codes", {"source": "x" * 61, "target": "2"}, "at most 60"),
        ("vat_codes", {"source": "a\x00b", "target": "2"}, "Null characters are not allowed."),
    ],
)
def test_a_mapping_that_cannot_be_says_why_at_its_field(
    kind: str, given: dict[str, str], said: str, configuration: Configuration
) -> None:
    answer = save_mapping(as_a("bookkeeper", configuration), configuration, kind, **given)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert answer.content.decode().count('aria-invalid="true"') == 1
    assert stored(configuration).mappings == configuration.mappings


def test_a_list_that_the_package_does_not_give_is_not_checked_here(configuration: Configuration) -> None:
    client = as_a("bookkeeper", configuration)
    assert "so a code can't be checked here" in page_of(client, at("mappings", configuration, "journals"))
    assert save_mapping(client, configuration, "journals", source="M", target="whatever").status_code == 302


def test_the_later_of_two_mappings_is_told(configuration: Configuration) -> None:
    client = as_a("bookkeeper", configuration)
    save_mapping(client, configuration, source="H", target="0", was="2")
    late = save_mapping(client, configuration, source="H", target="2", was="5")
    page = late.content.decode()
    assert (late.status_code, "It says now: 0" in page, hidden(page, "was")) == (422, True, "0")
    removed = client.post(at("remove_mapping", configuration, "vat_codes"), {"source": "H", "was": "2"}, follow=True)
    assert "Nothing was removed" in removed.content.decode()
    assert stored(configuration).mappings["vat_codes"]["H"] == "0"


def test_codes_of_a_source_are_never_script(configuration: Configuration) -> None:
    client = as_a("bookkeeper", configuration)
    assert save_mapping(client, configuration, source=ATTACK, target="0").status_code == 302
    page = page_of(client, at("mappings", configuration, "vat_codes"))
    assert "<script>alert" not in page
    link = next(part for part in page.split('href="') if part.startswith("?change=%22")).split('"')[0]
    assert "<script>alert" not in page_of(client, at("mappings", configuration, "vat_codes") + link.split("#")[0])


def test_many_codes_come_in_pages_and_can_be_searched(configuration: Configuration) -> None:
    many = {f"S{number:04}": "8000" for number in range(450)}
    Configuration.objects.filter(pk=configuration.pk).update(mappings={"ledger_accounts": many})
    client, seen = as_a("viewer", configuration), []
    address, query = at("mappings", configuration, "ledger_accounts"), ""
    while True:
        answer = client.get(address + query)
        seen += [ours for ours, *_ in answer.context["pairs"]]
        query = answer.context["more"]
        if not query:
            break
    assert seen == sorted(many)
    assert [ours for ours, *_ in client.get(f"{address}?text=s0449").context["pairs"]] == ["S0449"]


# --- pausing


def test_every_page_of_the_integration_says_that_it_is_paused_by_whom_and_why(configuration: Configuration) -> None:
    client = as_a("bookkeeper", configuration)
    run = factories.run(configuration, state="waiting")
    answer = client.post(at("pause", configuration), {"note": f"New books {ATTACK}"}, follow=True)
    assert "De Eik Recreatie BV is paused. What was just being sent comes to its end" in answer.content.decode()
    place = [configuration.organisation_id, configuration.integration_id]
    pausing_texts = pausing.paused(configuration, timezone.now()).why.model_dump(mode="json")
    type(run).objects.filter(pk=run.pk).update(waiting_for=pausing_texts)
    pages = [reverse(name, args=place) for name in ("integration", "history", "files", "drop_box", "settings")]
    pages += [reverse(name, args=place[:1]) for name in ("company", "integrations")]
    for page in (page_of(client, address) for address in pages):
        assert "De Eik Recreatie BV is paused" in page
        assert "by The bookkeeper" in page
        assert "New books" in page
        assert "<script>alert" not in page
    assert "when a file arrives" in page_of(client, pages[-1])
    history = page_of(client, pages[1])
    assert history.count("Paused") == 1
    said = page_of(client, reverse("run", args=[place[0], run.pk]))
    assert "De Eik Recreatie BV is paused: nothing is sent to it and nothing is read." in said
    assert "Waits until" not in said
    assert "by The bookkeeper" in said

    assert "has been resumed" in client.post(at("resume", configuration), follow=True).content.decode()
    assert "is paused" not in page_of(client, pages[0])


def test_the_later_of_two_who_pause_or_resume_is_told(configuration: Configuration) -> None:
    anna, bram = as_a("bookkeeper", configuration), as_a("owner", configuration)
    anna.post(at("pause", configuration), {"note": "First"})
    late = bram.post(at("pause", configuration), {"note": "Second"}, follow=True)
    assert "Somebody else had paused it already." in late.content.decode()
    assert stored(configuration).pause_note == "First"
    anna.post(at("resume", configuration))
    assert "isn’t paused" in bram.post(at("resume", configuration), follow=True).content.decode()


def test_a_note_that_is_too_long_says_so_and_nothing_is_paused(configuration: Configuration) -> None:
    answer = as_a("bookkeeper", configuration).post(at("pause", configuration), {"note": "x" * 201})
    assert answer.status_code == 422
    assert "This is too long: 200 characters at most." in answer.content.decode()
    assert stored(configuration).paused_at is None


# --- layouts


def delivered(configuration: Configuration, content: bytes, name: str = "fmuta6.csv", **fields: Any) -> None:
    made = factories.delivery(configuration.integration, name, **fields)
    open_storage().put(made.archive_key, content)


def preview(client: Client, configuration: Configuration, format_name: str = "fmuta6", **given: str) -> Any:
    return client.post(at("layout_preview", configuration, format_name), {"profile": "fmuta6_globe40", **given})


def test_the_last_file_is_shown_as_it_would_be_read_and_nothing_is_kept(configuration: Configuration) -> None:
    delivered(configuration, b"older", at=factories.NOW.replace(year=2025))
    delivered(configuration, files.joined(files.sale("26000001"), ["broken"], files.sale("26000002", amount="50.00")))
    client = as_a("owner", configuration)
    page = page_of(client, at("layout", configuration, "fmuta6"))
    for said in ("26000001", "26000002", "121.00", "192.00", "Not read"):
        assert said in page
    other = preview(client, configuration, profile="fmuta6_32").content.decode()
    assert "26000001" not in other
    adjusted = preview(client, configuration, adjustments='[sign]\nV = "credit_positive"')
    assert "26000001" in adjusted.content.decode()
    part = client.post(
        at("layout_preview", configuration, "fmuta6"), {"profile": "fmuta6_globe40"}, headers={"HX-Request": "true"}
    ).content.decode()
    assert part.startswith("<section")
    assert "26000001" in part
    assert stored(configuration).layouts == configuration.layouts


def test_a_big_file_is_read_in_part_and_ends_with_a_whole_entry(configuration: Configuration) -> None:
    delivered(configuration, files.joined(*[files.sale(f"26{number:06}") for number in range(4000)]))
    answer = as_a("viewer", configuration).get(at("layout", configuration, "fmuta6"))
    shown = answer.context["preview"]
    assert (shown.is_part, shown.summary.rejects, len(shown.entries)) == (True, 0, 25)
    assert 100 < shown.summary.documents < 4000
    assert "this is its first part" in answer.content.decode()


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"", "fmuta6.csv"), (b"\x00\xff" * 500, "fmuta6.csv"), (b"<html>", "fmuta6.csv"), (b"a" * 600_000, "fmuta6.csv")],
)
def test_whatever_the_last_file_is_the_page_is_there(content: bytes, name: str, configuration: Configuration) -> None:
    delivered(configuration, content, name)
    assert "Preview" in page_of(as_a("viewer", configuration), at("layout", configuration, "fmuta6"))


def test_what_there_is_nothing_of_says_so(configuration: Configuration) -> None:
    client = as_a("viewer", configuration)
    assert "No file of this kind" in page_of(client, at("layout", configuration, "debitr"))
    assert "No outstanding items have been read yet" in page_of(client, at("layout", configuration, "dbopen"))
    factories.delivery(configuration.integration, "debitr.csv", format="debitr")
    assert "can’t be fetched" in page_of(client, at("layout", configuration, "debitr"))


def test_outstanding_items_are_shown_as_they_would_be_written(configuration: Configuration) -> None:
    factories.held_run(configuration)
    assert OutstandingSnapshot.objects.filter(item_count__gt=0).exists()
    shown = as_a("viewer", configuration).get(at("layout", configuration, "dbopen"))
    assert shown.context["preview"].text.count("\r\n") >= 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"adjustments": "separator ="}, "no valid TOML"),
        ({"adjustments": "no_such = 1"}, "there is no such setting"),
        ({"adjustments": "[" * 3999}, "TOML"),
        ({"adjustments": "a" + "." + "b." * 1900 + "c=1"}, "there is no such setting"),
        ({"adjustments": "x" * 4001}, "at most 4000"),
        ({"profile": "debitr_fin54"}, "There is no such profile for this format."),
        ({"profile": ATTACK}, "There is no such profile for this format."),
    ],
)
def test_a_layout_that_cannot_be_says_why_and_is_not_kept(
    given: dict[str, str], said: str, configuration: Configuration
) -> None:
    client = as_a("owner", configuration)
    answer = client.post(at("save_layout", configuration, "fmuta6"), {"profile": "fmuta6_globe40", **given})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "<script>alert" not in answer.content.decode()
    assert stored(configuration).layouts == configuration.layouts
    assert said in preview(client, configuration, **given).content.decode()


def test_a_layout_is_kept_and_the_later_of_two_is_told(configuration: Configuration) -> None:
    client = as_a("owner", configuration)
    seen = hidden(page_of(client, at("layout", configuration, "fmuta6")), "seen")
    address = at("save_layout", configuration, "fmuta6")
    given = {"profile": "fmuta6_32", "adjustments": '\r\nencoding = "cp850"\r\n', "seen": seen}
    assert client.post(address, given).status_code == 302
    wanted = {"fmuta6": {"profile": "fmuta6_32", "adjustments": 'encoding = "cp850"'}}
    assert stored(configuration).layouts == wanted
    late = client.post(address, {**given, "profile": "fmuta6_30"})
    page = late.content.decode()
    assert (late.status_code, "It says now: fmuta6_32" in page) == (422, True)
    assert stored(configuration).layouts == wanted
    assert client.post(address, {**given, "profile": "fmuta6_30", "seen": hidden(page, "seen")}).status_code == 302


# --- all of them


def test_who_may_not_change_a_setting_sees_it_and_no_form(configuration: Configuration) -> None:
    client = as_a("viewer", configuration)
    addresses = [at("settings", configuration), at("mappings", configuration, "vat_codes")]
    for page in [page_of(client, address) for address in [*addresses, at("layout", configuration, "fmuta6")]]:
        assert page.count('method="post"') == 1  # logging out
        assert "owner" in page


def test_no_page_of_the_settings_asks_more_than_fifteen_queries(configuration: Configuration) -> None:
    for number in range(4):
        factories.configuration(
            configuration.integration, configuration.authorisation, administration=str(number), paused_at=factories.NOW
        )
    delivered(configuration, files.joined(files.sale("26000001")))
    client = as_a("owner", configuration)
    addresses = [at("settings", configuration), at("mappings", configuration, "vat_codes")]
    for address in [*addresses, at("layout", configuration, "fmuta6"), at("layout", configuration, "dbopen")]:
        with CaptureQueriesContext(connection) as asked:
            page_of(client, address)
        assert len(asked) <= 15, address
