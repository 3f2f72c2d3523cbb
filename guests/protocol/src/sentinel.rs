//! Patterns by which a probe sees what a host wrote, and where.

/// What every return slot holds before the call.
pub const SLOT: u32 = 0xDEAD_BEEF;

/// Guard bytes on each side of a slot or buffer.
pub const GUARD_LENGTH: usize = 16;

/// What every guard byte holds.
pub const GUARD: u8 = 0xA5;

/// What every byte of an output buffer holds before the call.
pub const OUTPUT: u8 = 0x5A;

/// Whether all of `bytes` still hold `pattern`.
#[must_use]
pub fn holds(bytes: &[u8], pattern: u8) -> bool {
    bytes.iter().all(|&byte| byte == pattern)
}

/// How a reply says whether bytes were left alone.
#[must_use]
pub const fn report(untouched: bool) -> &'static str {
    if untouched { "untouched" } else { "touched" }
}
