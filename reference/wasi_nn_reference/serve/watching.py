"""Serves what has changed in a folder: requests that came before keep what they began with."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from watchfiles import awatch

from wasi_nn_reference.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wasi_nn_reference.serve.application import Application
    from wasi_nn_reference.serve.log import Log
    from wasi_nn_reference.serve.site import Site

_QUIET_MILLISECONDS = 300  # without a change, after which what was being written is taken to be whole


async def watch(folder: Path, application: Application, load: Callable[[], Site], log: Log) -> None:
    """Load the folder again after each change, until cancelled. What cannot be loaded changes nothing but the log."""
    async for changes in awatch(folder, step=_QUIET_MILLISECONDS):
        files = sorted({path for _, path in changes})
        try:
            site = await asyncio.to_thread(load)
        except UserError as error:
            log.event("not_reloaded", reason=str(error))
        else:
            application.site = site
            log.event("reloaded", changed=len(files), workers=len(site.workers), unavailable=len(site.obstacles))
