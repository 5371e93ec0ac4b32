"""Every page: accessible at both widths, light and dark, in each language; pictured with KEEP_PICTURES=yes."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.agent.pc import wait_until
from tests.agent.screens.conftest import RENAMED, Desktop, press
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.steps import check_accessibility

pytestmark = pytest.mark.journey
LOOKS = {
    "desktop": {"viewport": DESKTOP, "color_scheme": "light", "locale": "en-GB"},
    "phone": {"viewport": PHONE, "color_scheme": "dark", "locale": "nl-BE"},
    "french": {"viewport": DESKTOP, "color_scheme": "light", "locale": "fr-BE"},
}
KEPT = {
    "desktop": {"list", "form", "browse", "masks", "refused", "waiting", "activity", "delete"},
    "phone": {"list", "form", "activity"},
    "french": {"form"},
}


@pytest.fixture
def busy(desktop: Desktop) -> Desktop:
    """Three synchronisations: in order, in trouble and switched off."""
    pc = desktop.pc
    pc.add("--name", "Camping De Eik")
    for name, more in (("Winkel", []), ("Oude kassa", ["--inactive"])):
        folder = pc.source.with_name(name)
        folder.mkdir()
        output = str(pc.output.with_name(f"{name}.csv"))
        added = pc.agent("add", *pc.details(**{"name": name, "source": str(folder), "sales-output": output}), *more)
        assert added.returncode == 0, added.stderr
    old = pc.source.with_name("Oude kassa") / ".bookbridge"
    for number, name in enumerate(("fmuta6 oktober.csv", "debitr.csv")):
        (old / (str(number) * 32)).mkdir(parents=True)
        (old / (str(number) * 32) / name).write_bytes(b"a\r\n")
    other = {"company": str(uuid4()), "integration": str(uuid4()), "endpoint": "https://books.example.org"}
    (old / "destination.json").write_text(json.dumps(other))
    (pc.source.with_name("Winkel") / "fmuta6 a#1.csv").write_bytes(b"a\r\n")
    pc.offer_outstanding(b"open\r\n")
    for name in ("fmuta6 november.csv", "debitr.csv", "credit.csv"):
        (pc.source / name).write_bytes(name.encode() + b"\r\n")
    desktop.start()
    (pc.source.with_name("Winkel") / "fmuta6 a#1").write_bytes(b"a\r\n")
    wait_until(lambda: len(pc.arrived()) == 4 and pc.output.exists(), "it does not work")
    for name in ("fmuta6 december.csv.part", "notes.txt"):
        (pc.source / name).write_bytes(b"a\r\n")
    return desktop


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_accessible(busy: Desktop, look: str, picture: Any) -> None:
    page = busy.page(**LOOKS[look])
    (busy.pc.source.with_name("Winkel")).rename(busy.pc.source.with_name("Winkel away"))
    wait_until(lambda: page.reload() is not None and page.locator(".why").count() > 0, "no trouble is told")

    names = {str(busy.pc.source.parent): "/srv/erp", str(Path.home()): "/home/anna"}

    def seen(name: str) -> None:
        page.wait_for_load_state()
        check_accessibility(page)
        if name in KEPT[look]:
            for real, shown in names.items():
                page.evaluate(RENAMED, [real, shown])
            picture(page, f"agent-{name}-{look}")
            for real, shown in names.items():
                page.evaluate(RENAMED, [shown, real])

    first, _, third = busy.kept()
    seen("list")
    page.goto("/synchronisations/add/")
    seen("types")
    page.goto(f"/synchronisations/{first['id']}/")
    page.locator("details.inner summary").click()
    seen("form")
    page.locator('[name=browse][value="source:"]').click()
    seen("browse")
    page.locator("#try_name").fill("fmuta6 2026.csv")
    press(page, "try")
    press(page, "look")
    seen("masks")
    for name in ("company", "name", "mask_debtor"):
        page.locator(f"#{name}").fill("")
    page.locator("#endpoint").fill("books.example.org")
    press(page, "save")
    seen("refused")
    page.goto(f"/synchronisations/{third['id']}/waiting/")
    seen("waiting")
    page.goto(f"/synchronisations/{third['id']}/delete/")
    seen("delete")
    page.goto("/activity/")
    seen("activity")
    page.goto("/activity/?q=nothing-like-this")
    seen("nothing")
    page.goto("/settings/")
    seen("settings")
    page.locator("#keep_activity_days").fill("none")
    page.locator("#proxy").fill("proxy")
    with page.expect_navigation():
        page.locator("form button.button").click()
    assert page.locator(".error").count() == 2
    seen("settings-refused")
    page.goto("/nothing-here/")
    seen("absent")


def test_settings_are_kept_and_followed(busy: Desktop) -> None:
    page = busy.page()
    page.goto("/settings/")
    page.locator("#language").select_option("nl")
    page.locator("#keep_activity_days").fill("30")
    with page.expect_navigation():
        page.locator("form button.button").click()
    assert "De instellingen zijn opgeslagen" in page.locator("main").inner_text()
    kept = json.loads((busy.pc.home / "configuration.json").read_text())["settings"]
    assert (kept["language"], kept["keep_activity_days"], kept["settle_s"]) == ("nl", 30, 0.05)
    assert "wachten" in busy.pc.agent("status").stdout, "the command line follows it too"
    page.locator("#proxy").fill("http://anna:lindelaan@127.0.0.1:9")
    with page.expect_navigation():
        page.locator("form button.button").click()
    wait_until(lambda: "niet bereikbaar" in busy.pc.agent("status").stdout, "what is at work begins anew with it")
    page.reload()
    assert "lindelaan" not in page.content()
    with page.expect_navigation():
        page.locator("form button.button").click()
    kept = json.loads((busy.pc.home / "configuration.json").read_text())["settings"]
    assert kept["proxy"] == "http://anna:lindelaan@127.0.0.1:9", "left as it is shown, it stays as it was"


def test_activity_is_searched_by_name_kind_and_synchronisation(busy: Desktop) -> None:
    page = busy.page()
    first, second, _ = busy.kept()
    page.goto("/activity/")
    wait_until(lambda: page.reload() is not None and page.locator("tbody tr").count() >= 8, "not all is told")
    page.locator("#q").fill("NOVEMBER")
    page.locator("#what").select_option("sent")
    with page.expect_navigation():
        page.locator("form button.button").click()
    assert page.locator("tbody tr").count() == 1
    assert "fmuta6 november.csv" in page.locator("tbody").inner_text()
    page.goto(f"/activity/?of={second['id']}")
    rows = page.locator("tbody tr").all_inner_texts()
    assert rows
    assert all("Winkel" in row for row in rows)
    page.goto(f"/activity/?of={first['id']}&page=x")
    assert page.locator("tbody tr").count() >= 6
