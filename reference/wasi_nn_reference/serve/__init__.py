"""`wasi-nn serve`: HTTP workers in WebAssembly, by the contract of Wasm Workers Server."""
