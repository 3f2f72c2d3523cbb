"""Workers of pytest-xdist: processes, perhaps on other machines, that run cases for the one that the user started.

A worker cannot end the run by an error of its own. What it has to say at its end travels in pytest-xdist's
`workeroutput`, which takes plain data only.
"""

from typing import Any, NoReturn

import pytest

_BROKEN, _VERSION, _SEED, _CONCLUSION = "wasi_nn_broken", "wasi_nn_version", "wasi_nn_seed", "wasi_nn_conclusion"


def is_worker(config: pytest.Config) -> bool:
    """Return whether this process is a worker."""
    return hasattr(config, "workerinput")


def give_up(config: pytest.Config, message: str) -> NoReturn:
    """End a run that goes on already with exit status 4, because no verdict on the host can be had."""
    if is_worker(config):
        _output(config)[_BROKEN] = message
    pytest.exit(message, returncode=pytest.ExitCode.USAGE_ERROR)


def tell_seed(node: Any, seed: int) -> None:
    """Let the worker `node` draw from the seed of the whole run."""
    node.workerinput[_SEED] = seed


def seed_told(config: pytest.Config) -> int | None:
    """Return the seed that this process draws from if it is a worker."""
    seed: int | None = config.workerinput[_SEED] if is_worker(config) else None  # type: ignore[attr-defined]
    return seed


def tell_version(config: pytest.Config, version: str) -> None:
    """Let a worker say which version of the host it asked."""
    _output(config)[_VERSION] = version


def tell_conclusion(config: pytest.Config, conclusion: dict[str, Any]) -> None:
    """Let a worker say what it found out at its end."""
    _output(config)[_CONCLUSION] = conclusion


def conclusion_told(node: Any) -> dict[str, Any] | None:
    """Return what the worker `node` found out at its end, if it came there."""
    output = getattr(node, "workeroutput", None) or {}
    conclusion: dict[str, Any] | None = output.get(_CONCLUSION)
    return conclusion


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
