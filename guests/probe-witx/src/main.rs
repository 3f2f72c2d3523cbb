//! A guest for core modules that performs wasi-nn calls on request and reports what it saw.
//!
//! It never asserts and never interprets. `docs/protocol.md` describes the conversation.

#![allow(clippy::cast_possible_wrap, reason = "sizes and addresses of a 32-bit memory fit an i64")]

mod block;
mod buffers;
mod calls;
mod memory;
mod placement;
mod probe;
mod raw;
mod request;
mod spent;

use std::io::{BufReader, stdin, stdout};
use std::process::ExitCode;

use probe::Probe;

/// Bytes that one read asks the host for: a request of some MiB is many reads.
const READ_SIZE: usize = 256 << 10;

fn main() -> ExitCode {
    let mut probe = Probe::start();
    let input = BufReader::with_capacity(READ_SIZE, stdin().lock());
    match protocol::serve(input, stdout().lock(), |line, reply| probe.answer(line, reply)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("probe-witx: {error}");
            ExitCode::FAILURE
        }
    }
}
