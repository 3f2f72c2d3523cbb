"""What was answered: a reply, or the place in an export where it will stand."""

from dataclasses import dataclass
from typing import TypeAlias

from .wire import Answer


@dataclass(frozen=True)
class LineReply:
    """The reply to the line of that number of an export, which nobody has heard yet."""

    number: int


Said: TypeAlias = Answer | LineReply
