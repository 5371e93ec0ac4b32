"""What a hostile file, link or visitor can't do."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from bookbridge.documents import SourceRef
from bookbridge.exchange.models import Line
from bookbridge.exchange.waiting_texts import UNREACHABLE
from bookbridge.portal.forms import UPLOAD_LIMIT_BYTES
from tests import factories
from tests.portal.stored import stored_at

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"


def test_hostile_text_in_every_field_of_a_file_stays_text(client: Client) -> None:
    company = factories.organisation(HOSTILE[:100])
    configuration = factories.whole_integration(company, name=HOSTILE[:100])
    configuration.administration_name = HOSTILE
    configuration.mappings = {HOSTILE: {HOSTILE: HOSTILE}}
    configuration.layouts = {HOSTILE: {"profile": HOSTILE}}
    configuration.save()
    run = factories.run(
        configuration,
        result="with_errors",
        waiting_for=UNREACHABLE(value=HOSTILE, evidence=HOSTILE).model_dump(mode="json"),
    )
    problem = factories.VAT_CODE_UNKNOWN(
        field=f"lines.0.{HOSTILE}",
        value=HOSTILE,
        evidence=HOSTILE,
        source=SourceRef(file=HOSTILE, row=3, column=HOSTILE),
    )
    file = factories.delivery(
        run, HOSTILE, problem=problem.model_dump(mode="json"), state="set_aside", profile=HOSTILE[:60]
    )
    document = factories.sales_invoice(
        HOSTILE[:60], description=HOSTILE, customer=HOSTILE[:60], journal=HOSTILE[:60], your_reference=HOSTILE[:60]
    )
    line = factories.line(
        run, document, "refused", [problem], delivery=file, raw=HOSTILE, rows=[3], external_number=HOSTILE[:60]
    )
    assert line.posting is not None
    factories.attempt(line.posting, run, HOSTILE[:20], detail=HOSTILE, action="post")
    factories.authorisation(configuration.integration, "sign_in_again", label=HOSTILE, status_reason=HOSTILE)
    held = factories.held_run(configuration)
    snapshot = held.snapshot
    last = configuration.snapshots.get(state="written")
    last.items = [
        {"external_id": "1", "relation_name": HOSTILE, "due_date": HOSTILE, "currency": HOSTILE, "open_amount": HOSTILE}
    ]
    last.save()
    factories.conclude(run)
    client.force_login(factories.member(company, name=HOSTILE[:100]))
    link = f"/companies/{company.pk}/integrations/{configuration.integration_id}/"
    for path in (
        f"/companies/{company.pk}/",
        f"/companies/{company.pk}/integrations/",
        link,
        f"{link}history/",
        f"{link}files/",
        f"/companies/{company.pk}/runs/{run.pk}/?text=%3Cscript%3Ealert(1)%3C/script%3E&shown=1",
        f"/companies/{company.pk}/runs/{run.pk}/?before=%3Cscript%3E",
        f"/companies/{company.pk}/runs/{snapshot.run_id}/",
        f"/companies/{company.pk}/runs/{run.pk}/lines/{line.pk}/",
    ):
        text = client.get(path).content.decode()
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path
        assert "&lt;script&gt;" in text or "history" in path or "before" in path, path


@pytest.mark.parametrize("path", ["/accounts/login/", "/"])
def test_the_policy_allows_nothing_inline(path: str, client: Client) -> None:
    answer = client.get(path, follow=True)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    text = answer.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|<style", text)


def test_a_lost_session_returns_to_where_the_user_was(client: Client) -> None:
    run = factories.run_with_errors(factories.whole_integration())
    member = factories.member(run.organisation)
    path = f"/companies/{run.organisation_id}/runs/{run.pk}/?shown=1&text=26"
    to_log_in = client.get(path)["Location"]
    back = client.post(to_log_in, {"login": member.email, "password": factories.PASSWORD, "next": path})
    assert back["Location"] == path
    assert parse_qs(urlsplit(to_log_in).query)["next"] == [path]


def test_a_lost_session_during_live_progress_loads_the_log_in_page(client: Client) -> None:
    run = factories.run(factories.whole_integration(), state="working")
    page = f"/companies/{run.organisation_id}/runs/{run.pk}/"
    answer = client.get(f"{page}progress", headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"})
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == f"/accounts/login/?next={page}"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:80@localhost", "a b", ""])
def test_a_wrong_host_is_refused(client: Client, host: str) -> None:
    answer = client.get("/accounts/login/", HTTP_HOST=host, HTTP_X_FORWARDED_HOST="localhost")
    assert answer.status_code == 400
    assert b"evil" not in answer.content


@pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"])
def test_an_open_redirect_is_refused(evil: str, client: Client) -> None:
    member = factories.member(factories.organisation())
    answer = client.post("/accounts/login/", {"login": member.email, "password": factories.PASSWORD, "next": evil})
    assert answer["Location"] == "/"
    client.logout()
    company = member.memberships.get().organisation_id
    upload = f"/companies/{company}/integrations/{company}/inbox"
    assert client.post(upload, headers={"referer": evil})["Location"] == "/accounts/login/?next=/"


def test_guessing_passwords_is_slowed_down(client: Client) -> None:
    cache.clear()
    member = factories.member(factories.organisation())
    answers = [client.post("/accounts/login/", {"login": member.email, "password": f"wrong {n}"}) for n in range(11)]
    assert "Too many" in answers[-1].content.decode() or answers[-1].status_code == 429
    right = client.post("/accounts/login/", {"login": member.email, "password": factories.PASSWORD})
    assert right.status_code != 302, "even the right password has to wait"
    cache.clear()


def test_nobody_signs_up_by_themselves(client: Client) -> None:
    client.post("/accounts/signup/", {"email": "new@example.org", "password1": factories.PASSWORD})
    assert not factories.User.objects.filter(email="new@example.org").exists()


def test_a_download_never_opens_in_the_browser(client: Client, settings: Any, tmp_path: Path) -> None:
    folder = stored_at(settings, tmp_path)
    run = factories.run(factories.whole_integration())
    file = factories.delivery(run, 'evil"\r\nSet-Cookie: a=b;.html')
    place = folder / file.archive_key
    place.parent.mkdir(parents=True)
    # The name in the storage is a safe one; only what the user sees is hostile.
    file.archive_key = f"{Path(file.archive_key).parent}/kept.html"
    file.save()
    (folder / file.archive_key).parent.mkdir(parents=True, exist_ok=True)
    (folder / file.archive_key).write_bytes(b"<script>alert(1)</script>")
    client.force_login(factories.member(run.organisation, "viewer"))
    answer = client.get(reverse("original", args=[run.organisation_id, file.pk]))
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer


def test_an_uploaded_name_can_not_leave_the_inbox(client: Client, settings: Any, tmp_path: Path) -> None:
    folder = stored_at(settings, tmp_path)
    configuration = factories.whole_integration()
    client.force_login(factories.member(configuration.organisation, "bookkeeper"))
    path = reverse("upload", args=[configuration.organisation_id, configuration.integration_id])
    for name in ("../../evil.csv", "..\\..\\evil.csv", "fmuta6.csv", "fmuta6.csv", "a\x00b\r\n.csv"):
        file = SimpleUploadedFile("x", b"1;2;3\r\n")
        file._name = name  # as a client that doesn't tidy its names would send it
        assert client.post(path, {"files": file}).status_code == 302, name
    kept = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
    inbox = f"{configuration.organisation_id}/{configuration.integration_id}/inbox/"
    assert len(kept) == 5, "a second file of one name doesn't replace the first"
    assert all(name.startswith(inbox) and "/" not in name.removeprefix(inbox) for name in kept)
    assert f"{inbox}fmuta6 (2).csv" in kept


def test_an_upload_is_refused_with_the_reason_at_its_field(client: Client, settings: Any, tmp_path: Path) -> None:
    folder = stored_at(settings, tmp_path)
    configuration = factories.whole_integration()
    client.force_login(factories.member(configuration.organisation, "bookkeeper"))
    path = reverse("upload", args=[configuration.organisation_id, configuration.integration_id])
    nothing = client.post(path)
    assert nothing.status_code == 400
    assert "Choose at least one file." in nothing.content.decode()
    empty = client.post(path, {"files": SimpleUploadedFile("a.csv", b"")})
    assert "This file is empty" in empty.content.decode()
    assert UPLOAD_LIMIT_BYTES == 200 * 1024 * 1024
    assert not list(folder.rglob("*.csv"))


def test_a_secret_is_on_no_page(client: Client) -> None:
    configuration = factories.whole_integration()
    client.force_login(factories.member(configuration.organisation))
    link = f"/companies/{configuration.organisation_id}/integrations/{configuration.integration_id}/"
    for path in (link, f"{link}authorisations/{configuration.authorisation_id}/administration"):
        text = client.get(path).content.decode()
        for secret in ("made-up-access-token", "made-up-refresh-token", "made-up-secret"):
            assert secret not in text


def test_the_operator_sees_numbers_and_no_documents(client: Client) -> None:
    run = factories.run_with_errors(factories.whole_integration())
    client.force_login(factories.user(is_operator=True))
    text = client.get("/installation/").content.decode()
    assert run.organisation.name in text
    assert not any(line.identifier in text for line in Line.objects.exclude(identifier="26"))
