"""Workers of pytest-xdist: processes, perhaps on other machines, that run cases for the one that the user started.

A worker cannot end the run by an error of its own. What it has to say at its end travels in pytest-xdist's
`workeroutput`, which takes plain data only.
"""

from typing import Any, NoReturn

import pytest

_BROKEN, _VERSION, _SELECTED = "wasi_nn_broken", "wasi_nn_version", "wasi_nn_selected"


def is_worker(config: pytest.Config) -> bool:
    """Return whether this process is a worker."""
    return hasattr(config, "workerinput")


def give_up(config: pytest.Config, message: str) -> NoReturn:
    """End a run that goes on already with exit status 4, because no verdict on the host can be had."""
    if is_worker(config):
        _output(config)[_BROKEN] = message
    pytest.exit(message, returncode=pytest.ExitCode.USAGE_ERROR)


def tell_version(config: pytest.Config, version: str) -> None:
    """Let a worker say which version of the host it asked."""
    _output(config)[_VERSION] = version


def tell_selected(config: pytest.Config, number: int) -> None:
    """Let a worker say how many cases the options ask for; each worker collects them all."""
    _output(config)[_SELECTED] = number


def selected_told(node: Any) -> int:
    """Return how many cases the worker `node` was asked for; 0 if it did not come to its end."""
    number: int = (getattr(node, "workeroutput", None) or {}).get(_SELECTED, 0)
    return number


def version_told(node: Any) -> str | None:
    """Return the version that the worker `node` asked. Raises `pytest.UsageError` if that one gave up."""
    output = getattr(node, "workeroutput", None) or {}
    if _BROKEN in output:
        raise pytest.UsageError(output[_BROKEN])
    version: str | None = output.get(_VERSION)
    return version


def _output(config: pytest.Config) -> dict[str, Any]:
    output: dict[str, Any] = config.workeroutput  # type: ignore[attr-defined]
    return output
