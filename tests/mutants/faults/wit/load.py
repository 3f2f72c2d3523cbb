"""Faults in load."""

from __future__ import annotations
