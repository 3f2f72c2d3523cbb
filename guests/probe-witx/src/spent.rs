//! Blocks that calls were given: they stay as they are for as long as a host may still read them.

use std::collections::VecDeque;

use crate::block::Block;

/// Most bytes of spent blocks together. A conversation that spends more loses the oldest.
const MOST: usize = 256 << 20;

/// Blocks that nobody writes to any more, the oldest first.
#[derive(Default)]
pub struct Spent {
    blocks: VecDeque<Block>,
    bytes: usize,
}

impl Spent {
    /// Keeps `block`, and lets go of the oldest if there are too many bytes then.
    pub fn keep(&mut self, block: Block) {
        self.bytes += block.bytes().len();
        self.blocks.push_back(block);
        while self.bytes > MOST
            && let Some(oldest) = self.blocks.pop_front()
        {
            self.bytes -= oldest.bytes().len();
        }
    }

    /// Lets go of all.
    pub fn clear(&mut self) {
        self.blocks.clear();
        self.bytes = 0;
    }
}
