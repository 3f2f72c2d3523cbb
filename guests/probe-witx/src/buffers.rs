//! Buffers: bytes in memory that requests know by name, and those that only calls knew.

use std::collections::BTreeMap;

use protocol::{Bytes, Fault};

use crate::block::Block;
use crate::memory;
use crate::spent::Spent;

/// Most bytes of all placed buffers together, so that their names never exhaust memory.
const TOTAL: usize = 512 << 20;

/// Bytes in memory that requests know by name.
pub struct Buffer {
    pub address: u32,
    pub length: usize,
    home: Home,
}

enum Home {
    /// On the heap.
    Block(Block),
    /// At an address that the request gave.
    Address,
    /// At a distance from the end of memory, as it stood in this generation.
    End { generation: u32 },
}

impl Buffer {
    /// The bytes of a block.
    pub fn of_block(block: Block) -> Self {
        Self { address: block.address(), length: block.bytes().len(), home: Home::Block(block) }
    }

    /// Bytes at an address that the request gave.
    pub fn at(address: u32, length: usize) -> Self {
        Self { address, length, home: Home::Address }
    }

    /// Bytes at a distance from the end of memory.
    pub fn at_end(address: u32, length: usize, generation: u32) -> Self {
        Self { address, length, home: Home::End { generation } }
    }

    /// Whether memory has grown since the buffer was placed at its end.
    fn stale(&self, now: u32) -> bool {
        matches!(self.home, Home::End { generation } if generation != now)
    }

    /// Replaces the bytes by `content` of the same length.
    pub fn overwrite(&mut self, content: &[u8]) {
        match &mut self.home {
            Home::Block(block) => block.bytes_mut().copy_from_slice(content),
            Home::Address | Home::End { .. } => memory::copy_in(self.address, content),
        }
    }
}

/// All placed buffers, and what calls were given besides.
#[derive(Default)]
pub struct Buffers {
    by_name: BTreeMap<String, Buffer>,
    spent: Spent,
}

/// What all placed buffers held at one moment.
pub struct Snapshot {
    bytes: Vec<u8>,
}

impl Buffers {
    /// Keeps `buffer` under `name` instead of what was there, which stays in memory as it is.
    pub fn insert(&mut self, name: &str, buffer: Buffer) {
        if let Some(Buffer { home: Home::Block(block), .. }) = self.by_name.insert(name.to_owned(), buffer) {
            self.spent.keep(block);
        }
    }

    /// Leaves in memory, as it is, what a call was given and no request knows by a name.
    pub fn spend(&mut self, blocks: impl IntoIterator<Item = Block>) {
        blocks.into_iter().for_each(|block| self.spent.keep(block));
    }

    /// Lets the memory of what calls were given, and no request knows by a name, be used for something else.
    pub fn reuse(&mut self) {
        self.spent.clear();
    }

    /// Faults if `length` more bytes are too many.
    pub fn check_room(&self, length: usize) -> Result<(), Fault> {
        let kept = self.total();
        if length > TOTAL - kept.min(TOTAL) {
            return Err(Fault::new(format!(
                "{length} bytes on top of {kept} that are kept; at most {TOTAL} are allowed: forget some"
            )));
        }
        Ok(())
    }

    /// The buffer of this name, if it is still where it was placed.
    pub fn get(&self, name: &str, generation: u32) -> Result<&Buffer, Fault> {
        let buffer = self.by_name.get(name).ok_or_else(|| Fault::new(format!("no buffer is named {name:?}")))?;
        if buffer.stale(generation) {
            return Err(Fault::new(format!(
                "memory has grown since buffer {name:?} was placed at its end: place it again"
            )));
        }
        Ok(buffer)
    }

    /// The same, to write into.
    pub fn get_mut(&mut self, name: &str, generation: u32) -> Result<&mut Buffer, Fault> {
        self.get(name, generation)?;
        self.by_name.get_mut(name).ok_or_else(|| Fault::new(format!("no buffer is named {name:?}")))
    }

    /// Whether some buffer was placed at an end that is no longer the end.
    pub fn any_stale(&self, generation: u32) -> bool {
        self.by_name.values().any(|buffer| buffer.stale(generation))
    }

    /// Removes `NAME.builders` and every `NAME.0`, `NAME.1`, ... of an earlier load.
    pub fn remove_builders(&mut self, name: &str) {
        let of_load = |key: &String, _: &mut Buffer| {
            let part = key.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
            part.is_some_and(|part| {
                part == "builders" || (!part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
            })
        };
        for (_, buffer) in self.by_name.extract_if(.., of_load) {
            if let Home::Block(block) = buffer.home {
                self.spent.keep(block);
            }
        }
    }

    /// Removes all and says how many there were. What calls were given may be used for something else now.
    pub fn clear(&mut self) -> usize {
        self.reuse();
        std::mem::take(&mut self.by_name).len()
    }

    fn total(&self) -> usize {
        self.by_name.values().map(|buffer| buffer.length).sum()
    }

    /// Remembers what every buffer holds.
    pub fn snapshot(&self) -> Result<Snapshot, Fault> {
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(self.total()).map_err(|_| Fault::no_memory(self.total()))?;
        for buffer in self.by_name.values() {
            memory::copy_out(buffer.address, buffer.length, &mut bytes);
        }
        Ok(Snapshot { bytes })
    }

    /// Names of the buffers that hold something else than in `before`.
    pub fn changed<'a>(&'a self, before: &'a Snapshot) -> impl Iterator<Item = &'a str> {
        let mut start = 0;
        self.by_name.iter().filter_map(move |(name, buffer)| {
            let held = &before.bytes[start..start + buffer.length];
            start += buffer.length;
            (!memory::equals(buffer.address, held)).then_some(name.as_str())
        })
    }

    /// Whether the guards of every buffer that has some are as they were.
    pub fn guarded(&self) -> bool {
        self.by_name.values().all(|buffer| match &buffer.home {
            Home::Block(block) => block.guarded(),
            Home::Address | Home::End { .. } => true,
        })
    }
}

/// A block of the bytes that a request carries.
pub fn decoded(bytes: &Bytes<'_>) -> Result<Block, Fault> {
    Block::written(bytes.len(), |target| bytes.decode_into(target))
}
