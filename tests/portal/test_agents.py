"""PCs on the pages: what they told, in the reader's language, escaped; forgotten by an owner; told of when silent."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from bookbridge.exchange import agent_signs, silence
from bookbridge.integrations import agents
from bookbridge.integrations.models import Agent, Integration
from bookbridge.organisations.models import Notice, User
from bookbridge.organisations.walls import acting_for
from bookbridge.portal.agent_words import sentence
from bookbridge.server import surroundings
from bookbridge.storage import open_storage
from bookbridge.storage.dropbox.names import Home
from tests import factories
from tests.agents import agent_of
from tests.integrations.test_agents import INSTALLATION, MOMENT, sign
from tests.mail_sink import Sink
from tests.portal.stored import stored_at
from tests.portal.told import later, mails, text, went_silent

pytestmark = pytest.mark.django_db(transaction=True)
_LISTS = ("company", "integrations")
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def link(settings: Any, tmp_path: Any) -> Integration:
    stored_at(settings, tmp_path)
    return factories.integration(factories.organisation("Camping De Eik"))


@pytest.fixture
def anna(link: Integration) -> User:
    return factories.member(link.organisation, "owner", "anna@example.org", name="Anna")


@pytest.fixture
def owner(client: Client, anna: User) -> Client:
    client.force_login(anna)
    return client


def page(link: Integration, name: str = "drop_box", *more: object) -> str:
    return reverse(name, args=[link.organisation_id, link.pk, *more])


def hear(link: Integration, content: bytes, ago: timedelta = timedelta()) -> Agent:
    key = f"{link.organisation_id}/{link.pk}/agent/{INSTALLATION}.json"
    open_storage().put(key, content)
    with acting_for(link.organisation_id):
        agent_signs.heard(Home(link.organisation_id, link.pk), key, content, timezone.now() - ago)
        return Agent.objects.get()


def test_both_pages_show_what_a_pc_told(owner: Client, link: Integration) -> None:
    hear(link, sign("0.0.9", name="Kassa " + HOSTILE, last_sent_name=HOSTILE))
    for name in ("integration", "drop_box"):
        shown = owner.get(page(link, name)).content.decode()
        for said in (
            "With errors",
            "version 0.0.9",
            "Install version 0.1.0",
            "The source folder D:\\Export is not there",
        ):
            assert said in shown, (name, said)
        assert HOSTILE not in shown
        assert "Kassa &lt;script&gt;" in shown
        assert ("Forget this PC" in shown) == (name == "drop_box")


def test_a_pc_costs_the_page_one_query(owner: Client, link: Integration) -> None:
    for _ in range(5):
        agent_of(link, at=timezone.now(), synchronisations=[])
    for name, most in (("integration", 13), ("drop_box", 10)):
        with CaptureQueriesContext(connection) as asked:
            owner.get(page(link, name))
        assert len(asked) <= most, name
        assert sum(each["sql"].startswith('SELECT "integrations_agent"') for each in asked) == 1


def test_what_is_over_is_shown_as_over(owner: Client, link: Integration) -> None:
    hear(link, sign(troubles=[]))
    shown = owner.get(page(link)).content.decode()
    assert "In touch" in shown
    assert "Last error, over by now" in shown


def test_what_a_stranger_writes_runs_nowhere(owner: Client, link: Integration) -> None:
    trouble = {"code": "source_missing", "values": {"folder": HOSTILE}}
    unknown = {"code": "unheard_of", "text": HOSTILE}
    for told in ({"troubles": [trouble, unknown]}, {"troubles": [], "last_trouble": {"at": MOMENT, **trouble}}):
        Agent.objects.all().delete()
        hear(link, sign(**told))
        shown = owner.get(page(link)).content.decode()
        assert HOSTILE not in shown
        assert "&lt;script&gt;alert(1)" in shown


def test_errors_are_told_in_the_readers_language() -> None:
    known = {"code": "bad_name", "values": {"name": "a%s.csv", "reason": "its name holds a backslash"}, "text": ""}
    with translation.override("nl"):
        assert sentence(known) == "a%s.csv kan niet worden verstuurd: de naam bevat een backslash. Hernoem het bestand."
    assert sentence({**known, "values": {}}) == "… can’t be sent: …. Rename it."
    assert sentence({**known, "code": "unheard_of", "text": "In my own words."}) == "In my own words."
    assert "unheard_of" in sentence({**known, "code": "unheard_of"})


def test_an_owner_forgets_a_pc_and_one_that_lives_comes_back(owner: Client, link: Integration) -> None:
    agent = hear(link, sign())
    said = owner.post(page(link, "forget_agent", agent.pk), follow=True).content.decode()
    assert "ERP is forgotten" in said
    assert "No PC has been heard of yet" in said
    assert list(open_storage().list(f"{link.organisation_id}/{link.pk}/agent")) == []
    assert owner.post(page(link, "forget_agent", agent.pk)).status_code == 404
    assert hear(link, sign()).pk != agent.pk


def test_an_old_agent_is_told_once_of_the_newest(owner: Client, link: Integration) -> None:
    key = f"{link.organisation_id}/{link.pk}/outbox/agent.json"
    hear(link, sign("0.1.0"))
    assert not open_storage().exists(key)
    hear(link, sign("0.0.9", waiting=1))
    assert json.loads(open_storage().get(key)) == {"agent_version": agents.NEWEST_VERSION}
    open_storage().delete(key)
    hear(link, sign("0.0.9", waiting=2))
    assert not open_storage().exists(key)


def test_the_file_for_agents_is_none_for_people(owner: Client, link: Integration) -> None:
    hear(link, sign("0.0.9"))
    assert "agent.json" not in owner.get(page(link, "integration")).content.decode()
    assert owner.get(page(link, "outbox_file", "agent.json")).status_code == 404


def test_signs_in_a_bucket_are_found_there_and_read_once(owner: Client, link: Integration, monkeypatch: Any) -> None:
    """A folder stands for the bucket: what is read and when is the same."""
    factories.configuration(link)
    prefix = f"{link.organisation_id}/{link.pk}/agent"
    open_storage().put(f"{prefix}/{INSTALLATION}.json", sign("0.0.9"))
    open_storage().put(f"{prefix}/something.else", b"x")
    agent_signs.look_into_the_bucket()
    agent = Agent.objects.get()
    assert timezone.now() - agent.heard_at < timedelta(minutes=1)
    assert open_storage().exists(f"{link.organisation_id}/{link.pk}/outbox/agent.json")
    monkeypatch.setattr(agent_signs, "heard", lambda *_: pytest.fail("read twice"))
    agent_signs.look_into_the_bucket()


def test_a_silent_pc_is_told_once_and_closes_by_itself(mail_sink: Sink, anna: User, link: Integration) -> None:
    hear(link, sign(), timedelta(minutes=119))
    went_silent()
    assert mails(mail_sink) == []
    Agent.objects.update(heard_at=timezone.now() - timedelta(minutes=121))
    went_silent()
    [mail] = mails(mail_sink)
    assert mail["Subject"] == "Camping De Eik: a PC has gone silent"
    assert "The PC with ERP (Reserveringen) has not been heard of since" in text(mail)
    assert page(link) in text(mail)
    went_silent()
    assert mails(mail_sink) == []
    hear(link, sign())
    went_silent()
    assert mails(mail_sink) == []
    Agent.objects.update(heard_at=timezone.now() - timedelta(minutes=122))
    went_silent()
    assert len(mails(mail_sink)) == 1


@pytest.mark.parametrize("how", ["heard again", "paused", "not watched", "longer", "forgotten"])
def test_what_is_not_missed_any_more_is_not_told(how: str, mail_sink: Sink, anna: User, link: Integration) -> None:
    agent = hear(link, sign(), timedelta(hours=3))
    silence.announce()
    assert Notice.objects.filter(kind="agent").count() == 1
    changes = {
        "heard again": lambda: hear(link, sign()),
        "paused": lambda: Integration.objects.update(is_paused=True),
        "not watched": lambda: Integration.objects.update(agent_silent_after_h=None),
        "longer": lambda: Integration.objects.update(agent_silent_after_h=4),
        "forgotten": agent.delete,
    }
    changes[how]()
    later(silence.MENDS_ITSELF_WITHIN)
    assert mails(mail_sink) == []
    Agent.objects.update(silence_told_since=None)
    silence.announce()
    assert not Notice.objects.exists()


def test_a_mail_names_some_pcs_and_counts_the_others(mail_sink: Sink, anna: User, link: Integration) -> None:
    for number in range(12):
        agent_of(link, at=timezone.now() - timedelta(hours=3 + number))
    went_silent()
    [mail] = mails(mail_sink)
    assert mail["Subject"] == "Camping De Eik: 12 things need attention"
    assert text(mail).count("has not been heard of since") == 10
    assert "and 2 other PCs" in text(mail)


def test_a_silent_pc_needs_attention_on_every_list(owner: Client, link: Integration) -> None:
    quiet = factories.integration(link.organisation, "Quiet")
    for of, hours in ((link, 3), (link, 4), (link, 1), (quiet, 1)):
        agent_of(of, at=timezone.now() - timedelta(hours=hours))
    for address in (page(link, "integration"), *(reverse(name, args=[link.organisation_id]) for name in _LISTS)):
        assert "2 PCs have gone silent" in owner.get(address).content.decode(), address
    for change in ({"is_paused": True}, {"is_paused": False, "agent_silent_after_h": None}):
        Integration.objects.update(**change)
        assert "gone silent" not in owner.get(page(link, "integration")).content.decode()


def test_other_programs_are_never_silent(mail_sink: Sink, anna: User, link: Integration) -> None:
    factories.access_key(link, last_used_at=timezone.now() - timedelta(days=9))
    went_silent()
    assert not Notice.objects.exists()


def test_the_operator_and_the_doctor_know(link: Integration) -> None:
    assert [each.state for each in surroundings.examine_agents()] == ["well"]
    hear(link, sign(name=HOSTILE), timedelta(hours=3))
    [found] = surroundings.examine_agents()
    assert found.state == "warning"
    assert "Camping De Eik → Reserveringen" in found.what
    operator = Client()
    operator.force_login(factories.user(is_operator=True))
    shown = operator.get("/installation/")
    assert [each.kind for each in shown.context["installation"].stopped] == ["agent"]
    assert "A PC has gone silent" in shown.content.decode()
    assert HOSTILE not in shown.content.decode()


def test_an_owner_sets_when_a_pc_is_silent(owner: Client, link: Integration) -> None:
    from bookbridge.integrations.changing import seen

    agent_of(link, silence_told_since=timezone.now())
    shown = owner.get(page(link, "settings"))
    assert shown.context["agent_silence"]["hours"].value() == 2
    save = page(link, "save_agent_silence")
    assert owner.post(save, {"hours": "0", "seen": seen(2)}).status_code == 422
    assert owner.post(save, {"hours": "12", "seen": seen(2)}).status_code == 302
    assert Integration.objects.get().agent_silent_after_h == 12
    assert Agent.objects.get().silence_told_since is None
    said = owner.post(save, {"hours": "5", "seen": seen(2)})
    assert "It says now: 12" in said.content.decode()
    assert said.context["silence"]["hours"].errors == []
    assert owner.post(save, {"hours": "", "seen": seen(12)}).status_code == 302
    assert Integration.objects.get().agent_silent_after_h is None


def test_the_code_holds_the_key_and_is_given_once(owner: Client, link: Integration) -> None:
    from base64 import b64decode

    from bookbridge_agent import connection_code

    made = owner.post(page(link, "make_access_key"), {"label": "Kassa-pc"})
    assert "no-store" in made["Cache-Control"]
    shown = made.content.decode()
    details = connection_code.read(made.context["code"])
    assert details.secret == made.context["secret"]
    assert (details.company, details.integration) == (str(link.organisation_id), str(link.pk))
    assert details.name == "Reserveringen"
    assert shown.count(made.context["code"]) == 1
    file = made.context["file"].partition("base64,")[2]
    assert b64decode(file).decode() == made.context["code"]
    later_on = owner.get(page(link)).content.decode()
    assert "BB1-" not in later_on
    assert details.secret not in later_on
