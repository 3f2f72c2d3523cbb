"""The folder that `--report` names: one run in every form."""

from pathlib import Path

from . import json_report as file
from .badge import badge_json, badge_svg
from .data import Report
from .html_page import page
from .markdown import summary_md

FORMS = {
    file.FILE: file.text,
    "report.html": page,
    "badge.json": badge_json,
    "badge.svg": badge_svg,
    "summary.md": summary_md,
}


def write_folder(folder: Path, report: Report) -> None:
    """Write a run in all forms into `folder`, which is made if it is not there. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in FORMS.items():
        # What a host says may hold halves of surrogate pairs, which UTF-8 has not; JSON reads them back from \uXXXX.
        (folder / name).write_text(text(report), "utf-8", errors="backslashreplace")
