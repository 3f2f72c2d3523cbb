"""Threads of guests: who runs, who waits, who is left behind."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from wasi_nn_reference.serve.guests import CrowdedError, Guests, Turn
from wasi_nn_reference.wasmtime_host.ending import OverrunError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

PATIENCE = 30.0


class Gate:
    """Work that waits until it may end, and tells how many do."""

    def __init__(self) -> None:
        self.inside = threading.Semaphore(0)
        self.open = threading.Event()
        self.now = self.most = 0
        self._lock = threading.Lock()

    def work(self, _turn: Turn) -> int:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.inside.release()
        assert self.open.wait(PATIENCE)
        with self._lock:
            self.now -= 1
        return 5


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.open.set()


def run(work: Coroutine[object, object, None]) -> None:
    async def patiently() -> None:
        async with asyncio.timeout(PATIENCE):
            await work

    asyncio.run(patiently())


async def entered(gate: Gate, count: int) -> None:
    for _ in range(count):
        assert await asyncio.to_thread(gate.inside.acquire, timeout=PATIENCE)


def test_results_and_failures() -> None:
    async def go() -> None:
        guests = Guests(1, 0)
        assert await guests.run(lambda _: 7, PATIENCE) == 7
        with pytest.raises(ZeroDivisionError):
            await guests.run(lambda _: 1 // 0, PATIENCE)
        assert (guests.running, guests.waiting, guests.abandoned) == (0, 0, 0)
        guests.close()

    run(go())


def test_only_so_many_at_a_time(gate: Gate) -> None:
    async def go() -> None:
        guests = Guests(2, 10)
        tasks = [asyncio.create_task(guests.run(gate.work, PATIENCE)) for _ in range(5)]
        await entered(gate, 2)
        assert (guests.running, guests.waiting) == (2, 3)
        gate.open.set()
        assert await asyncio.gather(*tasks) == [5] * 5
        assert (guests.running, guests.waiting, gate.most) == (0, 0, 2)
        guests.close()

    run(go())


def test_a_full_line(gate: Gate) -> None:
    async def go() -> None:
        guests = Guests(1, 1)
        tasks = [asyncio.create_task(guests.run(gate.work, PATIENCE)) for _ in range(2)]
        await entered(gate, 1)
        with pytest.raises(CrowdedError):
            await guests.run(gate.work, PATIENCE)
        gate.open.set()
        assert await asyncio.gather(*tasks) == [5, 5]
        guests.close()

    run(go())


def test_a_line_that_does_not_move(gate: Gate) -> None:
    async def go() -> None:
        guests = Guests(1, 1)
        task = asyncio.create_task(guests.run(gate.work, PATIENCE))
        await entered(gate, 1)
        with pytest.raises(CrowdedError):
            await guests.run(gate.work, 0.01)
        assert guests.waiting == 0
        gate.open.set()
        assert await task == 5
        assert guests.running == 0
        guests.close()

    run(go())


def test_who_leaves_the_line_takes_no_place(gate: Gate) -> None:
    async def go() -> None:
        guests = Guests(1, 2)
        first, second, third = (asyncio.create_task(guests.run(gate.work, PATIENCE)) for _ in range(3))
        await entered(gate, 1)
        second.cancel()
        gate.open.set()
        assert await asyncio.gather(first, third) == [5, 5]
        assert (guests.running, guests.waiting) == (0, 0)
        guests.close()

    run(go())


def test_a_guest_whose_client_left_keeps_its_thread_to_the_end(gate: Gate) -> None:
    async def go() -> None:
        guests = Guests(1, 1)
        task = asyncio.create_task(guests.run(gate.work, PATIENCE))
        await entered(gate, 1)
        task.cancel()
        other = asyncio.create_task(guests.run(lambda _: 7, PATIENCE))
        await asyncio.sleep(0)
        assert (guests.running, guests.waiting) == (1, 1)
        gate.open.set()
        assert await other == 7
        assert guests.running == 0
        guests.close()

    run(go())


class Interruptible:
    """A run that ends when it is interrupted."""

    def __init__(self) -> None:
        self.asked = threading.Event()

    def interrupt(self) -> None:
        self.asked.set()


def test_a_guest_is_interrupted_when_its_time_is_up() -> None:
    def work(turn: Turn) -> bool:
        assert not turn.is_over
        guest = Interruptible()
        turn.begin(guest)  # type: ignore[arg-type]
        assert guest.asked.wait(PATIENCE)
        return turn.is_over

    async def go() -> None:
        guests = Guests(1, 0)
        assert await guests.run(work, 0.01)
        guests.close()

    run(go())


def test_a_guest_whose_client_left_is_interrupted_when_its_time_is_up() -> None:
    guest, begun = Interruptible(), threading.Event()

    def work(turn: Turn) -> None:
        turn.begin(guest)  # type: ignore[arg-type]
        begun.set()
        assert guest.asked.wait(PATIENCE)

    async def go() -> None:
        guests = Guests(1, 0)
        task = asyncio.create_task(guests.run(work, 0.2))
        assert await asyncio.to_thread(begun.wait, PATIENCE)
        task.cancel()
        assert await asyncio.to_thread(guest.asked.wait, PATIENCE)
        guests.close()

    run(go())


def test_a_guest_that_begins_after_its_time_is_interrupted_at_once() -> None:
    turn = Turn(PATIENCE)
    turn.interrupt()
    guest = Interruptible()
    turn.begin(guest)  # type: ignore[arg-type]
    assert guest.asked.is_set()


def test_a_guest_that_heeds_nothing_is_left_behind(gate: Gate) -> None:
    exhausted = []

    async def go() -> None:
        guests = Guests(1, 1, lambda: exhausted.append(True))
        with pytest.raises(OverrunError) as caught:
            await guests.run(gate.work, 0.01)
        assert caught.value.blocked
        assert (guests.running, guests.abandoned, exhausted) == (0, 1, [True])
        assert await guests.run(lambda _: 7, PATIENCE) == 7  # in a thread that took its place
        gate.open.set()
        while guests.abandoned:  # noqa: ASYNC110 - only its thread's end
            await asyncio.sleep(0.01)
        guests.close()

    run(go())
