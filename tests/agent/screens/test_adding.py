"""A synchronisation added, changed and taken away in the browser."""

import pytest

from tests.agent.pc import wait_until
from tests.agent.screens.conftest import Desktop, fill, press
from tests.journeys.steps import check_accessibility

pytestmark = pytest.mark.journey


def test_from_an_empty_list_to_a_file_that_arrived(desktop: Desktop, picture) -> None:
    desktop.start()
    pc, page = desktop.pc, desktop.page()
    assert page.url == f"{desktop.address}/synchronisations/", "the link's ticket is not in the address any more"
    check_accessibility(page)
    page.locator("a.button").click()
    check_accessibility(page)
    page.locator("button.button").click()
    check_accessibility(page)
    fill(page, pc)
    press(page, "save")
    assert page.locator(".bar.good").inner_text() == "It is added. When it is active it has started."
    check_accessibility(page)
    (pc.source / "fmuta6.csv").write_bytes(b"a\r\n")
    pc.offer_outstanding(b"open\r\n")
    wait_until(lambda: pc.arrived() == [("fmuta6.csv", b"a\r\n")] and pc.output.exists(), "it does not arrive")
    wait_until(lambda: page.reload() is not None and "fmuta6.csv" in page.locator("tbody").inner_text(), "not shown")
    picture(page, "agent-list-desktop-light")
