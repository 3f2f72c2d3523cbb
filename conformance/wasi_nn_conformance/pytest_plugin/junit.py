"""What pytest's JUnit file gets of a run at its end: the totals, and verdicts that only the whole run shows."""

import os
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from wasi_nn_conformance.report.data import Totals
from wasi_nn_conformance.results.verdict import Verdict

from .reporting import Reporting, properties
from .xdist import is_worker

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML can hold, and a host may have said."""


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
        cases = {case_result.id: case_result for case_result in self.reporting.case_results}
        for testcase in suites.iter("testcase"):
            case_result, told = cases.get(testcase.get("name", "")), testcase.find("properties")
            if case_result is not None and told is not None:
                for name, value in properties(case_result):
                    _tell(told, name, _NOT_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", value))


def _tell(properties: ET.Element, name: str, value: str) -> None:
    """Set a property, which may be there with another value."""
    for old in [each for each in properties if each.get("name") == name]:
        properties.remove(old)
    ET.SubElement(properties, "property", name=name, value=value)
