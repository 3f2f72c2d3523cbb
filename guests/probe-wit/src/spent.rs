//! What calls were given: it stays as it is for as long as a host may still read it.

use std::collections::VecDeque;

/// Most bytes of spent arguments together. A conversation that spends more loses the oldest.
const MOST: usize = 256 << 20;

/// An argument that lies in the component's memory, where the host was shown it.
pub enum Argument {
    /// Bytes of a tensor, of a builder, or of a string.
    Bytes(Vec<u8>),
    /// Dimensions.
    Words(Vec<u32>),
}

impl Argument {
    fn length(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Words(words) => size_of_val(words.as_slice()),
        }
    }
}

/// Arguments that nobody writes to any more, the oldest first.
#[derive(Default)]
pub struct Spent {
    arguments: VecDeque<Argument>,
    bytes: usize,
}

impl Spent {
    /// Keeps `arguments`, and lets go of the oldest if there are too many bytes then.
    pub fn keep(&mut self, arguments: impl IntoIterator<Item = Argument>) {
        for argument in arguments {
            self.bytes += argument.length();
            self.arguments.push_back(argument);
        }
        while self.bytes > MOST
            && let Some(oldest) = self.arguments.pop_front()
        {
            self.bytes -= oldest.length();
        }
    }

    /// Lets go of all.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}
