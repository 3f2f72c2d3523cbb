"""Faults in the names of inputs and outputs."""

from __future__ import annotations
