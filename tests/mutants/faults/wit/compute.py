"""Faults in compute and its inputs and outputs."""

from __future__ import annotations
