//! wasi-nn as core modules import it: the six functions of `wasi_ephemeral_nn` and its errnos (wasi-nn.witx).

/// The functions as they are imported: every parameter and result is an i32, every pointer an address in memory.
pub mod wasi_ephemeral_nn {
    #[link(wasm_import_module = "wasi_ephemeral_nn")]
    unsafe extern "C" {
        /// Loads a graph from `count` records of 8 bytes {address, length} at `builders`; its handle goes to `graph`.
        pub fn load(builders: u32, count: u32, encoding: u32, target: u32, graph: u32) -> i32;
        /// Loads the graph that the host knows by a name of `length` bytes; its handle goes to `graph`.
        pub fn load_by_name(name: u32, length: u32, graph: u32) -> i32;
        /// Makes an execution context of a graph; its handle goes to `context`.
        pub fn init_execution_context(graph: u32, context: u32) -> i32;
        /// Sets an input from the record of 20 bytes at `tensor`.
        pub fn set_input(context: u32, index: u32, tensor: u32) -> i32;
        /// Computes the outputs of a context.
        pub fn compute(context: u32) -> i32;
        /// Copies an output of at most `maximum` bytes to `buffer`; its size in bytes goes to `size`.
        pub fn get_output(context: u32, index: u32, buffer: u32, maximum: u32, size: u32) -> i32;
    }
}

/// The name of an errno, or `unknown errno`.
#[must_use]
pub const fn errno_name(errno: i32) -> &'static str {
    match errno {
        0 => "success",
        1 => "invalid_argument",
        2 => "invalid_encoding",
        3 => "missing_memory",
        4 => "busy",
        5 => "runtime_error",
        6 => "unsupported_operation",
        7 => "too_large",
        8 => "not_found",
        _ => "unknown errno",
    }
}
