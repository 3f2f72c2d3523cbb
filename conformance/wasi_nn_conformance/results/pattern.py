"""Patterns of case ids, as `--case` and known failures take them."""

import re
from functools import cache


def matches(pattern: str, case_id: str) -> bool:
    """Match with `*` and `?`; brackets, which ids contain, stand for themselves."""
    return _compiled(pattern).fullmatch(case_id) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
