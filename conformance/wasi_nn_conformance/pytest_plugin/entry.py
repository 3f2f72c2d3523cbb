"""What every run of pytest loads where this package is installed, so it is little: no option, and no other module.

The rest is loaded by a run that names a host with `--impl`.
"""

import argparse
from pathlib import Path

import pytest

_PACKAGE = Path(__file__).resolve().parents[1]
_NEEDS_HOST = "the suite needs a host: add --impl=NAME_OR_PATH (for example --impl=reference)"
_HOSTLESS = pytest.StashKey[bool]()


# Behind the conftest files of others: where one of them has an option --impl, it is that one which is meant.
@pytest.hookimpl(trylast=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser, args: list[str]) -> None:
    """Load the suite if a host is named, and take node ids for cases."""
    known = early_config.known_args_namespace
    if complaint := _another_copy([] if known.pyargs else known.file_or_dir or ["."]):
        raise pytest.UsageError(complaint)
    if not _names_host(args):
        if any(_is_suite(word, by_name=known.pyargs) for word in args):
            raise pytest.UsageError(_NEEDS_HOST)
        return
    if not _names_host(parser.parse_known_and_unknown_args(args)[1]):
        return
    try:
        early_config.pluginmanager.import_plugin(f"{_PACKAGE.name}.pytest_plugin.hooks")
    except (ValueError, argparse.ArgumentError) as error:
        raise pytest.UsageError(
            f"another plugin of pytest has an option of the suite: {error}; `wasi-nn check` runs without other plugins"
        ) from None
    from .arguments import given_back, unknown  # noqa: PLC0415 whoever runs other tests does without

    args[:] = given_back(args, str(_PACKAGE))
    if complaint := unknown(parser, args):
        raise pytest.UsageError(complaint)


def _names_host(words: list[str]) -> bool:
    return any(word == "--impl" or word.startswith("--impl=") for word in words)


def _is_suite(word: str, *, by_name: bool) -> bool:
    """Return whether an argument of pytest is the name of this package, or a path of it or of the folder around it."""
    path = Path(word)
    if path.name == _PACKAGE.name:
        return (by_name and path.parent == Path()) or path.resolve() == _PACKAGE
    return path.name == _PACKAGE.parent.name and path.resolve() == _PACKAGE.parent


def _another_copy(words: list[str]) -> str | None:
    """Return what is wrong with a path where the suite lies, but not this one: none of its vectors would run."""
    for word in (word.partition("::")[0] for word in words):
        for path in (Path(word).resolve(), Path(word, _PACKAGE.name).resolve()):
            if path.name == _PACKAGE.name and path != _PACKAGE and (path / "pytest_plugin" / "entry.py").is_file():
                return (
                    f"{word} holds another copy of the suite than the one that is installed, {_PACKAGE}: install"
                    f" it with `pip install -e .` in its checkout, or run the other with `--pyargs {_PACKAGE.name}`"
                )
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect nothing where pytest finds the suite and no host was named; with one, the suite is asked first."""
    if path.name != _PACKAGE.name or path.resolve() != _PACKAGE:
        return None
    parent.config.stash[_HOSTLESS] = True
    return _Hostless.from_parent(parent, path=path)


def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """End a run of the suite without a host."""
    if config.stash.get(_HOSTLESS, False):
        raise pytest.UsageError(_NEEDS_HOST)


class _Hostless(pytest.Directory):
    def collect(self) -> list[pytest.Item]:
        return []
