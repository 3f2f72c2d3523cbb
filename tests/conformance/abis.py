"""The names of the ABIs, for tests that speak of one."""

WITX = "witx"
OLDEST, MIDDLE, NEWEST = "wit-2024-06-25", "wit-2024-08-19", "wit-2024-10-28"
WIT = (OLDEST, MIDDLE, NEWEST)
ABIS = (WITX, *WIT)
