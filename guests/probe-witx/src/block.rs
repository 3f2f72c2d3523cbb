//! Blocks of the heap that a host is given the address of, with guard bytes on both sides.

use std::alloc::{Layout, alloc, dealloc};
use std::ptr::{self, NonNull};
use std::slice;

use protocol::Fault;
use protocol::sentinel::{self, GUARD, GUARD_LENGTH};

/// Alignment of a block's bytes: no tensor type needs more than 8.
const ALIGN: usize = 16;

/// Largest block in bytes.
pub const LIMIT: usize = 64 << 20;

/// Bytes on the heap between two guards. Addresses are 16-aligned.
pub struct Block {
    start: NonNull<u8>,
    layout: Layout,
}

impl Block {
    /// A block of `length` bytes, each `fill`.
    pub fn filled(length: usize, fill: u8) -> Result<Self, Fault> {
        if length > LIMIT {
            return Err(Fault::new(format!("{length} bytes in one buffer; at most {LIMIT} are allowed")));
        }
        let layout = Layout::from_size_align(length + 2 * GUARD_LENGTH, ALIGN).map_err(|_| Fault::no_memory(length))?;
        // SAFETY: the layout's size is at least that of two guards.
        let start = NonNull::new(unsafe { alloc(layout) }).ok_or_else(|| Fault::no_memory(length))?;
        // SAFETY: the allocation has layout.size() bytes.
        unsafe {
            ptr::write_bytes(start.as_ptr(), GUARD, layout.size());
            ptr::write_bytes(start.as_ptr().add(GUARD_LENGTH), fill, length);
        }
        // The host reaches the bytes by their address alone.
        start.as_ptr().expose_provenance();
        Ok(Self { start, layout })
    }

    /// A block that `write` fills.
    pub fn written(length: usize, write: impl FnOnce(&mut [u8]) -> Result<(), Fault>) -> Result<Self, Fault> {
        let mut block = Self::filled(length, 0)?;
        write(block.bytes_mut())?;
        Ok(block)
    }

    /// A block that holds `bytes`.
    pub fn holding(bytes: &[u8]) -> Result<Self, Fault> {
        Self::written(bytes.len(), |target| {
            target.copy_from_slice(bytes);
            Ok(())
        })
    }

    /// A return slot: 4 bytes that hold the sentinel.
    pub fn slot() -> Result<Self, Fault> {
        Self::holding(&sentinel::SLOT.to_le_bytes())
    }

    /// Address of the bytes.
    pub fn address(&self) -> u32 {
        // Addresses of wasm32 fit.
        protocol::wrapped((self.start.as_ptr().addr() + GUARD_LENGTH) as i64)
    }

    /// The bytes between the guards.
    pub fn bytes(&self) -> &[u8] {
        &self.whole()[GUARD_LENGTH..self.layout.size() - GUARD_LENGTH]
    }

    /// The bytes between the guards.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: the allocation has layout.size() bytes, all written when it was made.
        let whole = unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.layout.size()) };
        &mut whole[GUARD_LENGTH..self.layout.size() - GUARD_LENGTH]
    }

    /// Whether both guards are as they were.
    pub fn guarded(&self) -> bool {
        let (before, after) = (&self.whole()[..GUARD_LENGTH], &self.whole()[self.layout.size() - GUARD_LENGTH..]);
        sentinel::holds(before, GUARD) && sentinel::holds(after, GUARD)
    }

    /// What a slot holds.
    pub fn slot_value(&self) -> u32 {
        self.bytes().first_chunk().map_or(sentinel::SLOT, |bytes| u32::from_le_bytes(*bytes))
    }

    fn whole(&self) -> &[u8] {
        // SAFETY: the allocation has layout.size() bytes, all written when it was made. The slice does not outlive
        // a call of the host, which is the only other writer.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.layout.size()) }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout and freed nowhere else.
        unsafe { dealloc(self.start.as_ptr(), self.layout) };
    }
}
