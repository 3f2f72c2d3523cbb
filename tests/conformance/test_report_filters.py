"""The script of a report's page, in a browser."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from sample_page import Page, cases, numbered, paged

CHROMIUM = shutil.which("chromium")


@pytest.fixture
def browsed(tmp_path: Path) -> Callable[[str], str]:
    """Return what a browser makes of a page."""
    assert CHROMIUM is not None

    def browsed(text: str) -> str:
        file = tmp_path / "report.html"
        file.write_text(text, "utf-8", errors="backslashreplace")
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
        flags += ["--disable-background-networking", "--disable-component-update", f"--user-data-dir={tmp_path}/user"]
        return subprocess.run(  # noqa: S603 the browser of this machine
            [CHROMIUM, *flags, "--dump-dom", file.as_uri()], capture_output=True, text=True, check=True, timeout=60
        ).stdout

    return browsed


needs_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="only a browser can run the filters: no chromium here")


@needs_a_browser
def test_the_policy_lets_the_pages_own_script_run(browsed: Callable[[str], str]) -> None:
    form = next(a for tag, a, _ in Page(browsed(paged(numbered(0, "fail")))).elements if tag == "form")
    assert "hidden" not in form


@needs_a_browser
@pytest.mark.parametrize(
    ("name", "value", "ids"),
    [
        ("verdict", "fail", {"area/fail/1[witx]", "area/fail/3[witx]"}),
        ("level", "defined", {"area/deviates/2[witx]"}),
        ("abi", "wit-2024-10-28", {"area/fail/3[witx]"}),
        ("encoding", "onnx", {"area/deviates/2[witx]"}),
        ("text", "IT IS ASKED", {"area/fail/1[witx]", "area/fail/3[witx]"}),
    ],
)
def test_filters(browsed: Callable[[str], str], name: str, value: str, ids: set[str]) -> None:
    case_results = [numbered(0, "pass"), numbered(1, "fail"), numbered(3, "fail", abi="wit-2024-10-28")]
    case_results.insert(2, numbered(2, "deviates", clause="b.open", level="defined", encoding="onnx"))
    choose = f"form.elements.{name}.value = {value!r}; form.dispatchEvent(new Event('input'));"
    asked = f"<script>{{ const form = document.getElementById('filters'); {choose} }}</script></body>"
    # Without its policy, which would not let our script choose.
    text = re.sub(r"<meta http-equiv[^>]*>", "", paged(*case_results)).replace("</body>", asked)
    shown = [text for attributes, text in cases(browsed(text)) if "hidden" not in attributes]
    assert {each.id for each in case_results if any(each.id in text for text in shown)} == ids
