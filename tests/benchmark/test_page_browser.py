"""The report page in a real browser."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from erm.benchmark import Scores, write_page
from erm.render.browser import find_browser

pytestmark = pytest.mark.browser

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def page(scores: Scores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The page, opened from disk; whatever the browser complained of fails the test at the end."""
    from playwright.sync_api import ConsoleMessage, sync_playwright

    severity = np.array([float(n % 3) for n in range(len(scores.items))])
    file = write_page(scores, tmp_path_factory.mktemp("page"), distances={"one": severity})
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_browser(), args=ARGUMENTS)
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.goto(file.as_uri())
        yield page
        assert page.evaluate("window.hacked === undefined")
        assert complaints == []
        chromium.close()


@pytest.fixture(autouse=True)
def _as_at_first(page: Any) -> None:
    for control in ("#task", "#category", "#show"):
        page.select_option(control, "")
    page.select_option("#sort", "file")
    page.select_option("#view", "side")
    page.fill("#search", "")


def test_filters(page: Any, scores: Scores) -> None:
    total = len(scores.items)
    assert page.inner_text("#count") == f"{total} of {total}"
    for shown, count in (("missed", 2), ("failed", 3), ("invented", 1)):
        page.select_option("#show", shown)
        assert page.inner_text("#count") == f"{count} of {total}"
    page.select_option("#show", "overlooked:one")
    found = int(page.inner_text("#count").split()[0])
    assert found == page.locator(".card").count() > 0
    page.select_option("#show", "")
    page.select_option("#task", "svg")
    page.select_option("#category", "shape_error")
    assert page.inner_text("#count") == f"1 of {total}"
    for control in ("#task", "#category"):
        page.select_option(control, "")
    page.fill("#search", "is missing")
    assert page.inner_text("#count") == f"2 of {total}"


def test_sorting(page: Any) -> None:
    for order, first in (("invented", "1"), ("missed", "0"), ("file", "0")):
        page.select_option("#sort", order)
        assert page.locator(".card").first.get_attribute("data-n") == first


def test_boxes_on_both_images_and_joined_lists(page: Any) -> None:
    card = page.locator(".card").first
    card.locator(".box").first.wait_for()
    assert card.locator(".box:not(.ghost)").count() == 3
    assert card.locator(".box.ghost").count() == 3
    assert card.locator(".badge").all_inner_texts() == ["match", "missed"]
    card.locator(".errors tr").nth(1).hover()
    assert card.locator(".box.lit").count() > 0
    page.uncheck("#boxes")
    assert not card.locator(".box").first.is_visible()
    page.check("#boxes")


def test_keys(page: Any) -> None:
    page.locator("h1").click()
    for _ in range(15):
        page.keyboard.press("n")
    current = page.locator(".card.current")
    assert current.get_attribute("data-n") == "15"
    page.keyboard.press("p")
    assert current.get_attribute("data-n") == "14"
    page.keyboard.press("b")
    hidden = "document.querySelector('.card.current figure.hidden figcaption').textContent"
    before = page.evaluate(hidden)
    page.wait_for_function(f"before => {hidden} !== before", arg=before)
    page.keyboard.press("d")
    assert "difference" in (page.locator(".card.current .images").get_attribute("class") or "")
    page.keyboard.press("s")
    assert page.locator(".card.current .images").get_attribute("class") == "images"
    page.locator("#search").focus()
    page.keyboard.press("n")
    assert page.input_value("#search") == "n"
