//! A guest for components that performs wasi-nn calls on request and reports what it saw.
//!
//! It never asserts and never interprets. `docs/protocol.md` describes the conversation. Each release candidate of
//! wasi-nn has a program of its own in `src/bin/`, which says what it has and what it has not; the rest is here.

mod bindings;
mod calls;
pub mod candidate;
mod kept;
mod probe;
mod request;
mod spent;

use std::io::{BufReader, stdin, stdout};
use std::process::ExitCode;

use candidate::Candidate;
use probe::Probe;

/// Bytes that one read asks the host for: a request of some MiB is many reads.
const READ_SIZE: usize = 256 << 10;

/// Answers requests with the functions of `candidate` until the input ends.
#[must_use]
pub fn run(candidate: Candidate) -> ExitCode {
    let mut probe = Probe::new(candidate);
    let input = BufReader::with_capacity(READ_SIZE, stdin().lock());
    match protocol::serve(input, stdout().lock(), |line, reply| probe.answer(line, reply)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("probe-wit: {error}");
            ExitCode::FAILURE
        }
    }
}
