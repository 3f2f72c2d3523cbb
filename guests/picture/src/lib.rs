//! Pictures in PNG and JPEG, and the handwritten digit on one as the network of `examples/digits` takes it.

mod digit;
mod file;
mod grey;
mod region;

pub use digit::{SIDE, digit};
pub use file::read;
pub use grey::Grey;
