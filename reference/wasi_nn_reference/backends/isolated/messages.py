"""What the host and the process of an engine say to each other.

An engine that a model has taken over can say anything, so msgspec checks each answer against these types, and whoever
reads one checks what it means. Nothing is ever unpickled.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec


class Message(msgspec.Struct, array_like=True, tag=True):
    """Any message; on the wire its class's name and its fields, in order."""


class PortMessage(Message):
    """See `wasi_nn_reference.backends.backend.Port`; the type by its name."""

    name: str
    tensor_type: str
    shape: tuple[int | None, ...] | None
    narrow: bool


class Place(Message):
    """A tensor in a segment: its dimensions, and where its bytes begin. How many follow from its port's type."""

    dimensions: tuple[int, ...]
    offset: int


class Load(Message):
    """Load the model whose builders of these lengths follow each other in the segment that comes along."""

    encoding: str
    lengths: tuple[int, ...]
    target: str
    seconds: float


class Loaded(Message):
    """The model is loaded, as `graph`."""

    graph: int
    inputs: tuple[PortMessage, ...]
    outputs: tuple[PortMessage, ...]


class Arrange(Message):
    """Let `request`, which is made of `graph` unless there is one, read its inputs in the segment that comes along.

    size: of the segment, in bytes. free: where in it outputs may begin.
    """

    graph: int
    request: int
    inputs: tuple[Place, ...]
    free: int
    size: int


class Infer(Message):
    """Run `request`; the inputs are in their places."""

    request: int
    seconds: float


class Computed(Message):
    """The outputs are in these places."""

    outputs: tuple[Place, ...]


class Outgrown(Message):
    """The outputs, of these dimensions, do not fit behind the inputs: `Fetch` gets them in a larger segment."""

    outputs: tuple[tuple[int, ...], ...]


class Fetch(Message):
    """Put the outputs that are still held behind `free` of the segment that comes along, which replaces the other."""

    request: int
    free: int
    size: int


class Done(Message):
    """It is done, and there is nothing to tell."""


class Forget(Message):
    """Free these graphs and requests."""

    graphs: tuple[int, ...]
    requests: tuple[int, ...]


class Missing(Message):
    """It is not done, because the engine of that distribution is not installed."""

    distribution: str


class Failed(Message):
    """It is not done: the name of an `ErrorCode`, and why."""

    code: str
    text: str


class Begin(Message):
    """To a new engine process: what it may use, and what the user asks of engines (see `EngineSettings`)."""

    memory_bytes: int
    precision: str
    threads: int | None
    tensor_bytes: int
    engines: tuple[tuple[str, str], ...]


class Ready(Message):
    """It has given up all but these things, which it can not give up on this system."""

    missing: tuple[str, ...]


class Fork(Message):
    """To the template: make an engine process that is reached by the socket that comes along."""


class Forked(Message):
    """From the template: it has this process id."""

    process: int


class Reap(Message):
    """To the template: that engine process is dead, or is to be killed."""

    process: int


class Reaped(Message):
    """From the template: how it ended, as `os.waitstatus_to_exitcode` gives it; None if there is no such process."""

    status: int | None


Answer: TypeAlias = Ready | Loaded | Computed | Outgrown | Done | Missing | Failed
Order: TypeAlias = Begin | Load | Arrange | Infer | Fetch | Forget
OfTemplate: TypeAlias = Forked | Reaped
ToTemplate: TypeAlias = Fork | Reap
