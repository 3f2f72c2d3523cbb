"""Faults in lists and strings on their way between guest and host."""

from __future__ import annotations
