"""The example's page in a real browser, on a screen and on a telephone, in light and in dark.

WASI_NN_SCREENSHOTS names a folder that keeps what is seen.
"""

from __future__ import annotations

import base64
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait
from serving import Serving

from wasi_nn_reference.serve.example import write_example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver.chrome.webdriver import WebDriver

PICTURES = Path(__file__).resolve().parents[3] / "examples" / "digits" / "pictures"
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
PATIENCE = 60.0  # seconds
pytestmark = pytest.mark.skipif(
    BROWSER is None or DRIVER is None, reason="no chromium with its chromedriver on PATH (Debian: chromium-driver)"
)


class Look(NamedTuple):
    """How the page is looked at: pixels, the colours that the reader prefers, and whether by finger or mouse."""

    width: int
    height: int
    scheme: str
    touch: bool = False


LOOKS = {
    "light": Look(1000, 900, "light"),
    "dark": Look(1000, 900, "dark"),
    "telephone-light": Look(390, 844, "light", touch=True),
    "telephone-dark": Look(390, 844, "dark", touch=True),
    "narrow": Look(320, 640, "light", touch=True),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[WebDriver]:
    assert BROWSER is not None
    assert DRIVER is not None
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-proxy-server"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    made = webdriver.Chrome(options, Service(DRIVER))
    yield made
    made.quit()


class Page:
    """The page as a person sees it."""

    def __init__(self, browser: WebDriver, serving: Serving) -> None:
        self.browser = browser
        write_example(serving.folder)
        host, port = serving.address
        self.url = f"http://{host}:{port}/"

    def open(self, look: Look) -> None:
        command = self.browser.execute_cdp_cmd
        size = {"width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": look.touch}
        command("Emulation.setDeviceMetricsOverride", size)
        command("Emulation.setTouchEmulationEnabled", {"enabled": look.touch})
        scheme = {"name": "prefers-color-scheme", "value": look.scheme}
        command("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.browser.get(self.url)

    def text(self, element: str) -> str:
        return self.browser.find_element(By.ID, element).text

    def upload(self, path: Path) -> None:
        self.browser.find_element(By.ID, "file").send_keys(str(path))

    def wait_for(self, element: str, text: str) -> None:
        WebDriverWait(self.browser, PATIENCE).until(lambda _: text in self.text(element))

    def rows(self) -> list[list[str]]:
        return [row.text.split("\n") for row in self.browser.find_elements(By.CSS_SELECTOR, "#bars li")]

    def widths(self) -> list[float]:
        """Return the lengths of the bars, in parts of the whole."""
        bars = self.browser.find_elements(By.CSS_SELECTOR, "#bars .bar")
        tracks = self.browser.find_elements(By.CSS_SELECTOR, "#bars .track")
        return [bar.rect["width"] / track.rect["width"] for bar, track in zip(bars, tracks, strict=True)]

    def errors(self) -> list[str]:
        """Return what the browser complained of since the last time."""
        return [entry["message"] for entry in self.browser.get_log("browser")]


@pytest.fixture(scope="module")
def page(browser: WebDriver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    around = tmp_path_factory.mktemp("example")
    serving = Serving(around / "site", around)
    yield Page(browser, serving)
    serving.stop()


@pytest.mark.parametrize("name", LOOKS)
def test_a_file_is_uploaded_and_its_digit_is_read(page: Page, name: str, tmp_path: Path) -> None:
    page.open(LOOKS[name])
    page.errors()
    page.upload(PICTURES / "digit-8-1401.png")
    page.wait_for("answer", "Most probably 8")
    rows = page.rows()
    assert [row[0] for row in rows[:1]] == ["8"]
    assert sorted(row[0] for row in rows) == [str(digit) for digit in range(10)]
    shares = [float(row[1].removesuffix(" %")) for row in rows]
    assert sum(shares) == pytest.approx(100, abs=0.5)
    assert page.widths() == pytest.approx([share / 100 for share in shares], abs=0.01)
    assert "ms for the network" in page.text("time")
    script = "return [picture.naturalWidth, document.documentElement.scrollWidth <= innerWidth]"
    assert page.browser.execute_script(script) == [224, True]
    assert page.errors() == []
    folder = Path(os.environ.get("WASI_NN_SCREENSHOTS") or tmp_path)
    folder.mkdir(exist_ok=True)
    screen = {"captureBeyondViewport": True, "format": "png"}
    taken = page.browser.execute_cdp_cmd("Page.captureScreenshot", screen)["data"]
    (folder / f"{name}.png").write_bytes(base64.b64decode(taken))


def test_colours_follow_the_readers(page: Page) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        page.open(Look(800, 600, scheme))
        grounds.append(page.browser.execute_script("return getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(246, 247, 249)", "rgb(20, 23, 28)"]


def test_the_camera_is_offered_where_there_is_a_finger(page: Page) -> None:
    offered = []
    for touch in (False, True):
        page.open(Look(390, 844, "light", touch=touch))
        offered.append(page.browser.find_element(By.CSS_SELECTOR, "label.camera").is_displayed())
    assert offered == [False, True]


def test_a_keyboard_is_enough(page: Page) -> None:
    page.open(LOOKS["light"])
    ActionChains(page.browser).send_keys(Keys.TAB).perform()
    assert page.browser.switch_to.active_element.get_attribute("id") == "file"
    ActionChains(page.browser).send_keys(*[Keys.TAB] * 4, Keys.ENTER).perform()
    page.wait_for("answer", "Most probably 3")


def test_a_dropped_file_is_read(page: Page) -> None:
    page.open(LOOKS["light"])
    page.browser.execute_script(
        """
        return (async () => {
          const file = await (await fetch("samples/digit-7-803.jpg")).blob();
          const data = new DataTransfer();
          data.items.add(new File([file], "seven.jpg", { type: "image/jpeg" }));
          document.getElementById("drop").dispatchEvent(
            new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
        })();
        """
    )
    page.wait_for("answer", "Most probably 7")


def test_what_is_no_picture_is_told(page: Page, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("no picture")
    page.open(LOOKS["light"])
    page.upload(text)
    page.wait_for("alert", "This did not work: the file is neither PNG nor JPEG.")
    assert not page.browser.find_element(By.ID, "result").is_displayed()


def test_a_picture_of_another_format_is_sent_in_one_that_the_worker_reads(page: Page, tmp_path: Path) -> None:
    other = tmp_path / "four.webp"
    with Image.open(PICTURES / "digit-4-343.png") as picture:
        picture.save(other)
    page.open(LOOKS["light"])
    page.upload(other)
    page.wait_for("answer", "Most probably 4")
