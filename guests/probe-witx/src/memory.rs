//! The probe's linear memory: every unsafe access to it, and who owns what.
//!
//! ```text
//! 0 ...... 1024 ............................................ end of memory
//! | free  | data | stack | heap (allocator) | pages of ours |
//! ```
//! Requests may place bytes below 1024 and in pages that the probe took for itself at the end. Everything else
//! belongs to the linker or the allocator. The allocator grows memory too; then the end is its own until the
//! probe takes further pages.

use std::arch::wasm32::{memory_grow, memory_size};
use std::ops::Range;
use std::ptr;

use protocol::Fault;

/// Bytes of a page of WebAssembly memory.
pub const PAGE: u64 = 65_536;

/// End of the memory below the linked data; build.rs has the linker leave it free.
const LOW_END: u64 = 1024;

/// Pages taken at the end whenever some are taken: vectors place some hundred KiB there, mostly a few bytes.
const PAGES: u64 = 16;

/// Which bytes of memory are the probe's to place things in.
pub struct Memory {
    /// Pages of ours, ascending, each as far as it is contiguous.
    owned: Vec<Range<u64>>,
    /// Size of memory in bytes as last seen.
    seen: u64,
    /// Rises when what was placed at the end may no longer be there.
    generation: u32,
}

/// Size of memory in bytes.
pub fn size() -> u64 {
    memory_size::<0>() as u64 * PAGE
}

impl Memory {
    /// Takes the first pages of ours, after whatever the allocator has reserved.
    pub fn start() -> Self {
        let mut memory = Self { owned: Vec::with_capacity(8), seen: size(), generation: 0 };
        // Without pages of ours at the end (a host that refuses to grow) requests that need them get a fault.
        let _ = memory.own(1);
        memory
    }

    /// Number that changes whenever the end moves without the request asking for it.
    pub fn generation(&mut self) -> u32 {
        if self.seen != size() {
            self.seen = size();
            self.generation += 1;
        }
        self.generation
    }

    /// Bytes at the end of memory that are ours.
    fn owned_at_end(&self) -> u64 {
        self.owned.last().filter(|range| range.end == size()).map_or(0, |range| range.end - range.start)
    }

    /// Sees to it that at least `bytes` bytes at the end are ours, and at least one page.
    pub fn own(&mut self, bytes: u64) -> Result<(), Fault> {
        let missing = bytes.max(1).saturating_sub(self.owned_at_end());
        if missing == 0 {
            return Ok(());
        }
        self.generation += 1;
        match self.grow(missing.div_ceil(PAGE).max(PAGES)).or_else(|| self.grow(missing.div_ceil(PAGE))) {
            Some(_) => Ok(()),
            None => Err(Fault::new(format!("the host does not let memory grow by {missing} bytes"))),
        }
    }

    /// Whether the last page is ours.
    pub fn owns_end(&self) -> bool {
        self.owned_at_end() > 0
    }

    /// Grows memory by `pages`, which are ours then. Gives the pages there were before, or nothing if the host refuses.
    pub fn grow(&mut self, pages: u64) -> Option<u64> {
        self.generation();
        let before = memory_grow::<0>(usize::try_from(pages).ok()?);
        if before == usize::MAX {
            return None;
        }
        let before = before as u64;
        self.seen = size();
        match self.owned.last_mut() {
            Some(range) if range.end == before * PAGE => range.end = self.seen,
            _ if pages > 0 => self.owned.push(before * PAGE..self.seen),
            _ => {}
        }
        Some(before)
    }

    /// Faults unless `length` bytes at `address` are the probe's to place things in.
    pub fn check(&self, address: u64, length: u64) -> Result<(), Fault> {
        let end = address + length;
        if end > size() {
            return Err(Fault::new(format!(
                "{length} bytes at {address} reach beyond the end of memory, which is {}",
                size()
            )));
        }
        let free = |range: &Range<u64>| range.start <= address && end <= range.end;
        if free(&(0..LOW_END)) || self.owned.iter().any(free) {
            return Ok(());
        }
        let pages: Vec<String> = self.owned.iter().map(|range| format!("{} to {}", range.start, range.end)).collect();
        Err(Fault::new(format!(
            "{length} bytes at {address} overlap the probe's own data, stack or heap; free are 0 to {LOW_END} and {}",
            pages.join(", ")
        )))
    }
}

/// Appends `length` bytes at `address`, which lie in memory, to `target`, which has room for them.
pub fn copy_out(address: u32, length: usize, target: &mut Vec<u8>) {
    debug_assert!(u64::from(address) + length as u64 <= size());
    if u64::from(address) < LOW_END {
        // Byte by byte: Rust gives a meaning to address 0 only for volatile access outside its own allocations.
        target.extend((0..length).map(|offset| {
            // SAFETY: it lies in memory, and reading memory that belongs to no Rust object has no effect.
            unsafe { ptr::read_volatile(ptr::without_provenance::<u8>(address as usize + offset)) }
        }));
        return;
    }
    let start = target.len();
    target.resize(start + length, 0);
    // SAFETY: the source lies in memory and above 1024; the target was just made; nothing else runs meanwhile.
    unsafe {
        ptr::copy(ptr::with_exposed_provenance(address as usize), target[start..].as_mut_ptr(), length);
    }
}

/// Writes `bytes` at `address`, where they are the probe's to place ([`Memory::check`]).
pub fn copy_in(address: u32, bytes: &[u8]) {
    if u64::from(address) < LOW_END {
        for (offset, &byte) in bytes.iter().enumerate() {
            // SAFETY: below 1024 lies no Rust object (build.rs); volatile for the sake of address 0.
            unsafe { ptr::write_volatile(ptr::without_provenance_mut(address as usize + offset), byte) };
        }
        return;
    }
    // SAFETY: the page is the probe's own, unknown to the allocator.
    unsafe { ptr::copy(bytes.as_ptr(), ptr::with_exposed_provenance_mut(address as usize), bytes.len()) };
}

/// Whether the bytes at `address` equal `expected`.
pub fn equals(address: u32, expected: &[u8]) -> bool {
    if u64::from(address) < LOW_END {
        return expected.iter().enumerate().all(|(offset, &byte)| {
            // SAFETY: as in copy_out.
            byte == unsafe { ptr::read_volatile(ptr::without_provenance::<u8>(address as usize + offset)) }
        });
    }
    // SAFETY: the caller's buffer lies in memory and above 1024; the slice lives for this comparison only.
    expected
        == unsafe { std::slice::from_raw_parts(ptr::with_exposed_provenance::<u8>(address as usize), expected.len()) }
}
