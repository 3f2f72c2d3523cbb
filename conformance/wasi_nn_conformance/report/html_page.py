"""`report.html`: a run for people, in one file that needs no other and no script to be complete."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from wasi_nn_conformance.results.case_result import shortened
from wasi_nn_conformance.results.verdict import Verdict

from .data import Report
from .grid import extent, generated_vectors, is_conspicuous, result
from .html_cases import by_clause, transcript
from .html_generated import Generated
from .html_matrix import Choices, Filters, Matrix
from .paragraph import printed, replay_of, shell_line
from .visible import is_web_address, visible

if TYPE_CHECKING:
    import jinja2

_TEMPLATES = Path(__file__).parent / "templates"


def page(report: Report) -> str:
    """Write the page of a report."""
    style, script = _resource("page.css"), _resource("page.js")
    deviating = [case for case in report.cases if case.verdict is Verdict.DEVIATES]
    html = _template().render(
        report=report,
        causes=[cause for cause in report.causes if not cause.expected],
        by_id={case.id: case for case in report.cases},
        style=style,
        script=script,
        # It runs this script and nothing else, and loads nothing.
        policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'",
        filters=Filters.of(report),
        matrix=Matrix.of(report),
        choices=Choices.of(report),
        findings=by_clause(report, [case for case in report.cases if is_conspicuous(case)]),
        deviations=by_clause(report, deviating),
        generated=Generated.of(report),
        quiet=[case for case in report.cases if not is_conspicuous(case) and case.verdict is not Verdict.DEVIATES],
        vectors=generated_vectors(report),
    )
    # What a host says has been escaped by the templates; this is for what no reader would see.
    return visible(html)


@cache
def _template() -> "jinja2.Template":
    import jinja2  # noqa: PLC0415 - most runs write no page; their start is spared 40 ms

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"shell": shell_line, "shortened": shortened, "visible": visible}
    environment.tests["web_address"] = is_web_address
    environment.globals |= {
        "result": result,
        "extent": extent,
        "replay_of": replay_of,
        "printed": printed,
        "transcript": transcript,
    }
    return environment.get_template("page.html.j2")


@cache
def _resource(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
