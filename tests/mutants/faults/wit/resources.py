"""Faults in the table of resources: numbers, borrows and drops."""

from __future__ import annotations

from mutant import WIT_10_28, module, mutant, replace


@mutant("wit/leak-of-handles", "what is dropped stays in a table that has room for 512", WIT_10_28)
def _() -> None:
    table = module("abi.wit.resources").ResourceTable
    insert = table.insert

    def insert_counted(self: object, kind: object, value: object, size: int = 0) -> int:
        representation = insert(self, kind, value, size)
        if representation % 0x1_0000 > 1200:
            raise module("abi.wit.resources").CallTrapError("no room")
        return int(representation)

    replace(table, "insert", insert_counted)
