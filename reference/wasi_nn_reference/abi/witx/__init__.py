"""The witx ABI: core modules that import `wasi_ephemeral_nn` (wasi-nn.witx).

Every parameter is an i32 read as unsigned, every result an errno, return pointers come last. A
call goes through `calls` (numbers in, an errno out), `operations` (what the call means) and `handles`
(what the guest's numbers stand for); `memory` and `records` are what pointers point to.
"""
