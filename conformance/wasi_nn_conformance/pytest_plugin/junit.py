"""What pytest's JUnit file gets of a run at its end: the totals, and verdicts that only the whole run shows."""

import os
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from wasi_nn_conformance.report.data import Totals
from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.known_failures import GENERATED
from wasi_nn_conformance.results.verdict import Verdict

from .reporting import Reporting, properties
from .xdist import is_worker

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML can hold, and a host may have said."""
_SKIPPED = (Verdict.UNSUPPORTED, Verdict.BLOCKED)


class JUnit:
    """The part of the plugin that completes the file."""

    def __init__(self, reporting: Reporting) -> None:
        self.reporting = reporting

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Read the file that pytest has written, and write it with what was not known while cases ran."""
        given: str | None = session.config.getoption("xmlpath", default=None)
        if given is None or is_worker(session.config):
            return
        path = session.config.invocation_params.dir / Path(os.path.expandvars(given)).expanduser()
        if path.is_file():
            tree = ET.parse(path)  # noqa: S314 pytest has written it
            self._complete(tree.getroot())
            tree.write(path, "utf-8", xml_declaration=True)

    def _complete(self, suites: ET.Element) -> None:
        totals = Totals.of(self.reporting.case_results)
        for suite in suites.iterfind("testsuite"):
            told = suite.find("properties")
            if told is None:
                told = ET.Element("properties")
                suite.insert(0, told)
            for verdict in Verdict:
                _tell(told, verdict.value, str(totals[verdict]))
            _tell(told, "cases", str(totals.cases))
        left = {case_result.id: case_result for case_result in self.reporting.case_results}
        for suite in suites.iterfind("testsuite"):
            for testcase in suite.iterfind("testcase"):
                case_result, told = left.pop(testcase.get("name", ""), None), testcase.find("properties")
                if case_result is not None and told is not None:
                    _judge(testcase, told, case_result)
            for case_result in left.values() if suite.find("testcase") is not None else ():
                # What is said of the host's processes has no item; what a search found stands in its own case.
                if case_result.verdict.fails_the_run and not case_result.id.startswith(GENERATED):
                    testcase = ET.SubElement(suite, "testcase", classname="process", name=case_result.id, time="0.000")
                    _judge(testcase, ET.SubElement(testcase, "properties"), case_result)
            left = {}
            for number, name in (("tests", ""), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
                suite.set(number, str(len(suite.findall(f"testcase/{name}" if name else "testcase"))))


def _judge(testcase: ET.Element, told: ET.Element, case_result: CaseResult) -> None:
    """Let a test case say what the whole run has judged."""
    for name, value in properties(case_result):
        _tell(told, name, _visible(value))
    verdict = case_result.verdict
    wanted = "error" if verdict is Verdict.ERROR else "failure" if verdict.fails_the_run else ""
    wanted = "skipped" if verdict in _SKIPPED else wanted
    for seen in [*testcase.findall("failure"), *testcase.findall("skipped")]:
        if wanted:
            seen.tag = wanted
        else:
            testcase.remove(seen)
    if wanted:
        told_of = testcase.find(wanted)
        told_of = ET.SubElement(testcase, wanted) if told_of is None else told_of
        told_of.set("message", _visible(case_result.diagnosis))  # pytest makes it the whole paragraph, the text below


def _visible(text: str) -> str:
    return _NOT_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _tell(properties: ET.Element, name: str, value: str) -> None:
    """Set a property, which may be there with another value."""
    for old in [each for each in properties if each.get("name") == name]:
        properties.remove(old)
    ET.SubElement(properties, "property", name=name, value=value)
