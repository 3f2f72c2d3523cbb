//! Requests and replies of the wasi-nn probes: what they share whatever ABI they speak.
//!
//! A request is one JSON object on a line of its own, a reply one line that starts with `@@`. `docs/protocol.md`
//! describes both. Nothing here knows wasi-nn, so each probe adds the calls of its own ABI.

mod bytes;
mod conversation;
mod fault;
mod fields;
mod number;
mod operand;
mod reply;
pub mod sentinel;
mod worker;

pub use bytes::Bytes;
pub use conversation::{LINE_LIMIT, serve};
pub use fault::Fault;
pub use fields::{Field, Fields};
pub use operand::{Operand, wrapped};
pub use reply::Reply;

/// Version of the protocol: it rises when a driver written for the one before would misread a reply.
pub const PROTOCOL: i64 = 2;
