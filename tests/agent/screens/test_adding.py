"""A synchronisation added, changed and taken away in the browser, with files that really go."""

import json
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Page

from bookbridge.storage.dropbox import connection_code
from bookbridge_agent.journal import Journal
from tests.agent.pc import Pc, wait_until
from tests.agent.screens.conftest import Desktop, errors, fill, press
from tests.journeys.steps import check_accessibility

pytestmark = pytest.mark.journey
FORM = "/synchronisations/add/accountancy/"


def code_of(pc: Pc, name: str = "Reserveringen") -> str:
    """As the portal shows it with a new key."""
    company, integration = pc.server.agent.home.split("/")
    agent = pc.server.agent
    return connection_code.written(
        endpoint=agent.address,
        company=UUID(company),
        integration=UUID(integration),
        access_key=agent.key,
        secret=agent.secret,
        name=name,
    )


def test_from_an_empty_list_to_a_file_that_arrived_by_keyboard_alone(desktop: Desktop) -> None:
    desktop.start()
    pc, page = desktop.pc, desktop.page()
    assert page.url == f"{desktop.address}/synchronisations/", "the ticket is not in the address any more"
    walk_to(page, "a.button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/add/")
    walk_to(page, "button.button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/accountancy/")
    company, integration = pc.server.agent.home.split("/")
    typed = {
        "name": "Winkel",
        "source": str(pc.source),
        "sales_output": str(pc.output),
        "access_key": pc.server.agent.key,
        "secret": pc.server.agent.secret,
        "company": company,
        "integration": integration,
        "endpoint": pc.server.agent.address,
    }
    for name, value in typed.items():
        walk_to(page, f"#{name}")
        page.keyboard.insert_text(value)
    page.locator("#checked .good").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/synchronisations/?done=added")
    assert page.locator(".bar.good").inner_text() == "It is added. When it is active it has started."
    (pc.source / "fmuta6.csv").write_bytes(b"a\r\n")
    pc.offer_outstanding(b"open\r\n")
    wait_until(lambda: pc.arrived() == [("fmuta6.csv", b"a\r\n")] and pc.output.exists(), "it does not arrive")
    wait_until(lambda: page.reload() is not None and "fmuta6.csv" in page.locator("tbody").inner_text(), "not shown")
    assert "In order" in page.locator("tbody").inner_text()


def walk_to(page: Page, selector: str) -> None:
    """By the tabulator key, as somebody without a mouse does."""
    for _ in range(60):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} can't be reached by the keyboard")


WRONG = {
    "access_key": ("BBNOSUCHKEYAAAAAAAAA", "access key is not known"),
    "secret": ("a wrong one", "secret doesn't belong"),
    "company": (str(uuid4()), "company identifier is not the one"),
    "integration": (str(uuid4()), "integration id is not the one"),
    "bucket": ("another-bucket", "no bucket another-bucket"),
    "region": ("eu-west-1", "another region than eu-west-1"),
    "endpoint": ("http://127.0.0.1:9", "can't be reached"),
}


def test_each_wrong_detail_is_told_at_its_field_while_it_is_typed(desktop: Desktop) -> None:
    desktop.start()
    pc, page = desktop.pc, desktop.page()
    page.goto(FORM)
    fill(page, pc)
    page.locator("#checked .good").wait_for()
    for name, (wrong, said) in WRONG.items():
        right = page.locator(f"#{name}").input_value()
        page.locator(f"#{name}").fill(wrong)
        page.locator(f"#said-{name} .error", has_text=said).wait_for()
        assert list(errors(page)) == [name]
        assert page.locator(f"#{name}").get_attribute("aria-invalid") == "true"
        page.locator(f"#{name}").fill(right)
        page.locator("#checked .good").wait_for()
        assert errors(page) == {}


def test_what_is_refused_stands_at_its_field_and_nothing_typed_is_lost(desktop: Desktop) -> None:
    """Without JavaScript, as all of it works."""
    desktop.start()
    pc, page = desktop.pc, desktop.page(java_script_enabled=False)
    page.goto(FORM)
    fill(
        page,
        pc,
        name="",
        source="export",
        sales_output=str(pc.output.parent),
        company="a name",
        endpoint="books.example.org",
        mask_debtor="(a+)+",
        mask_creditor="(",
    )
    page.locator("[name=is_active]").uncheck()
    press(page, "save")
    said = errors(page)
    assert {name: sentence.split(".")[0] for name, sentence in said.items()} == {
        "name": "This is needed",
        "source": "export is not a full path",
        "sales_output": f"{pc.output.parent} is a folder",
        "company": "a name is no identifier",
        "endpoint": "books",
        "mask_creditor": "The file mask ( is no regular expression: missing ), unterminated subpattern at position 0",
        "mask_debtor": "The file mask (a+)+ repeats what repeats already, or looks around; a long name could stop it",
    }
    assert desktop.kept() == []
    assert page.locator("#access_key").input_value() == pc.server.agent.key
    assert page.locator("#secret").input_value() == "", "a secret is never in a page again"
    assert pc.server.agent.secret not in page.content()
    assert not page.locator("[name=is_active]").is_checked()

    wrong = "another secret"
    page.locator("#secret").fill(wrong)
    press(page, "check")
    assert "company" in errors(page)
    fill_again = {"name": "Winkel", "source": str(pc.source), "sales_output": str(pc.output)}
    company, _ = pc.server.agent.home.split("/")
    fill_again |= {"company": company, "endpoint": pc.server.agent.address}
    fill_again |= {"mask_debtor": "^deb", "mask_creditor": "^cred"}
    for name, value in fill_again.items():
        page.locator(f"#{name}").fill(value)
    press(page, "save")
    assert list(errors(page)) == ["secret"], "the secret that was typed before is the one that is held against it"
    page.locator("#secret").fill(pc.server.agent.secret)
    press(page, "check")
    assert "this is right" in page.locator("#checked").inner_text()
    press(page, "save")
    [kept] = desktop.kept()
    assert (kept["name"], kept["is_active"], kept["masks"]["debtor"]) == ("Winkel", False, "^deb")
    for path in pc.home.iterdir():
        assert pc.server.agent.secret.encode() not in path.read_bytes(), path.name
        assert wrong.encode() not in path.read_bytes(), path.name


def test_one_keeps_out_of_anothers_way(desktop: Desktop) -> None:
    pc = desktop.pc
    pc.add("--inactive")
    desktop.start()
    page = desktop.page(java_script_enabled=False)
    page.goto(FORM)
    fill(page, pc, name="erp")
    other = pc.source.with_name("other")
    other.mkdir()
    refusals = (
        ("name", "Other", "There is a synchronisation of the name"),
        ("source", str(other), "ERP takes the files of"),
        ("sales_output", str(pc.output.with_name("other.csv")), "ERP writes its outstanding items to"),
    )
    for name, free, said in refusals:
        press(page, "save")
        assert list(errors(page)) == [name]
        assert errors(page)[name].startswith(said)
        page.locator(f"#{name}").fill(free)
    page.locator("#purchase_output").fill(str(pc.output))
    press(page, "save")
    assert list(errors(page)) == ["purchase_output"]
    page.locator("#purchase_output").fill("")
    press(page, "save")
    assert [kept["name"] for kept in desktop.kept()] == ["ERP", "Other"]


def test_browsing_and_trying_masks_lose_nothing_typed(desktop: Desktop, tmp_path: Path) -> None:
    """Without JavaScript."""
    desktop.start()
    pc, page = desktop.pc, desktop.page(java_script_enabled=False)
    (pc.source / "<b>deep").mkdir()
    for name in ("fmuta6 june.csv", "debitor.txt", "notes.doc", "~fmuta6.csv", "fmuta6 <script>.csv"):
        (pc.source / name).write_bytes(b"")
    page.goto(FORM)
    fill(page, pc, name="Winkel", source=str(tmp_path))
    page.locator('[name=browse][value="source:"]').click()
    page.locator(".browser .folders button", has_text=pc.source.name).click()
    assert page.locator(".browser .path").inner_text() == str(pc.source)
    page.locator(".browser .folders button", has_text="<b>deep").click()
    page.locator(".browser button", has_text="One folder up").click()
    page.locator(".browser button", has_text="Choose this folder").click()
    assert page.locator("#source").input_value() == str(pc.source)
    page.locator("#sales_output").fill("")
    page.locator('[name=browse][value="sales_output:"]').click()
    page.locator(".browser button", has_text="/").first.click()
    page.locator(".browser button", has_text="Choose this folder").click()
    assert page.locator("#sales_output").input_value().endswith("dbopen.csv")
    assert page.locator("#name").input_value() == "Winkel"

    page.locator("#try_name").fill("FMUTA6.CSV")
    press(page, "try")
    assert "Taken by FMUTA6" in page.locator("#tried").inner_text()
    page.locator("#try_name").fill("notes.doc")
    press(page, "try")
    assert "no mask is found" in page.locator("#tried").inner_text()
    page.locator("#mask_debtor").fill("^deb.*")
    press(page, "look")
    rows = {row.split("\n")[0].strip(): row for row in page.locator(".looked li").all_inner_texts()}
    seen = {name: "Taken by" in row for name, row in rows.items()}
    assert len(seen) == 5
    assert [row for row in rows.values() if "debitor.txt" in row and "Taken by DEBTOR" in row]
    assert [row for row in rows.values() if "~fmuta6.csv" in row and "hidden" in row]
    assert [row for row in rows.values() if "<script>" in row and "Taken by FMUTA6" in row]


def test_masks_answer_while_they_are_typed(desktop: Desktop) -> None:
    desktop.start()
    page = desktop.page()
    page.goto(FORM)
    page.locator("#try_name").fill("boekingen 2026.txt")
    page.locator("#tried .quiet").wait_for()
    page.locator("#mask_fmuta6").fill("^boekingen")
    page.locator("#tried .good", has_text="FMUTA6").wait_for()
    page.locator("#mask_fmuta6").fill("^boekingen(")
    page.locator("#said-mask_fmuta6 .error").wait_for()


@pytest.mark.parametrize("by_file", [False, True])
def test_the_portals_code_fills_everything_in(desktop: Desktop, tmp_path: Path, by_file: bool) -> None:
    desktop.start()
    pc, page = desktop.pc, desktop.page(java_script_enabled=False)
    code = code_of(pc)
    page.goto(FORM)
    page.locator("#code").fill(code[:-5])
    press(page, "paste")
    assert list(errors(page)) == ["code"]
    assert "not whole" in errors(page)["code"]
    if by_file:
        (tmp_path / "code.txt").write_text(code)
        page.locator("#code_file").set_input_files(tmp_path / "code.txt")
    else:
        page.locator("#code").fill(code)
    press(page, "paste")
    assert pc.server.agent.secret not in page.content()
    assert code not in page.content()
    assert "this is right" in page.locator("#checked").inner_text()
    assert page.locator("#name").input_value() == "Reserveringen"
    page.locator("#source").fill(str(pc.source))
    press(page, "save")
    (pc.source / "fmuta6.csv").write_bytes(b"a\r\n")
    wait_until(lambda: pc.arrived() == [("fmuta6.csv", b"a\r\n")], "it does not arrive")


def test_changed_reset_switched_off_and_deleted(desktop: Desktop) -> None:
    pc = desktop.pc
    pc.add()
    desktop.start()
    page = desktop.page()
    page.locator("tbody a").click()
    assert page.locator("#secret").input_value() == ""
    page.locator("#name").fill("Not this")
    press(page, "reset")
    assert page.locator("#name").input_value() == "ERP"

    page.locator("#name").fill("Winkel")
    press(page, "save")
    [kept] = desktop.kept()
    assert (kept["name"], kept["entered"]) == ("Winkel", "")
    assert pc.agent("check").stdout == "Winkel: all right\n", "an empty secret keeps the one there is"

    page.locator("tbody a").click()
    page.locator("#secret").fill("wrong")
    press(page, "save")
    assert list(errors(page)) == ["secret"]
    press(page, "reset")
    page.locator("[name=is_active]").uncheck()
    press(page, "save")
    assert "Switched off" in page.locator("tbody").inner_text()
    [kept] = desktop.kept()
    assert kept["is_active"] is False
    at_work = partial(Journal(pc.home / "journal.sqlite3").state, kept["id"])
    wait_until(lambda: not at_work().get("at_work"), "it sends on what waits")

    waiting = pc.source / ".bookbridge" / ("a" * 32)
    waiting.mkdir(parents=True)
    (waiting / "fmuta6.csv").write_bytes(b"waits\r\n")
    page.locator("tbody a").click()
    page.locator("#source").fill(str(pc.source.parent))
    press(page, "save")
    assert "would be left behind" in errors(page)["source"]
    page.locator("a.danger").click()
    assert "1 file has not arrived yet" in page.locator("main").inner_text()
    check_accessibility(page)
    with page.expect_navigation():
        page.locator("button.danger").click()
    assert "It is deleted" in page.locator("main").inner_text()
    assert desktop.kept() == []
    assert pc.waiting() == ["fmuta6.csv"]
    assert "secrets" not in (pc.home / "secrets.json").read_text(), "its secret is gone"
    assert json.loads((pc.home / "secrets.json").read_text()) == {}
    page.goto("/activity/")
    assert "Synchronisation deleted" in page.locator("main").inner_text()
    assert "Winkel" in page.locator("main").inner_text()


def test_files_of_another_integration_wait_for_a_decision(desktop: Desktop) -> None:
    pc = desktop.pc
    pc.add("--inactive")
    desktop.start()
    page = desktop.page()
    [kept] = desktop.kept()
    other = {"company": str(uuid4()), "integration": str(uuid4()), "endpoint": "https://old.example.org"}
    for number, name in enumerate(("fmuta6.csv", "debitr.csv")):
        folder = pc.source / ".bookbridge" / (str(number) * 32)
        folder.mkdir(parents=True)
        (folder / name).write_bytes(b"for the other\r\n")
    (pc.source / ".bookbridge" / "destination.json").write_text(json.dumps(other))
    (pc.source / "fmuta6.csv").write_bytes(b"of today\r\n")

    page.goto(f"/synchronisations/{kept['id']}/")
    assert "2 files wait for another integration" in page.locator("main").inner_text()
    page.locator("[name=is_active]").check()
    press(page, "save")
    wait_until(lambda: pc.arrived() == [("fmuta6.csv", b"of today\r\n")], "only its own is sent")
    wait_until(
        lambda: page.reload() is not None and "Needs attention" in page.locator("tbody").inner_text(), "not told"
    )
    page.goto(f"/synchronisations/{kept['id']}/waiting/")
    check_accessibility(page)
    assert other["integration"] in page.locator("main").inner_text()
    press(page, "put_back")
    assert "Switch it off first" in page.locator("[role=alert]").inner_text()
    press(page, "send")
    wait_until(lambda: len(pc.arrived()) == 3, f"{pc.arrived()}")
    wait_until(lambda: page.reload() is not None and "In order" in page.locator("main").inner_text(), "still told")
    assert not list(pc.source.glob(".bookbridge-*"))
