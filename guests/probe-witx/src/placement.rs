//! Bytes at addresses that requests choose, and what integer parameters stand for.

use protocol::{Fault, Operand, Reply, wrapped};

use crate::block::{Block, LIMIT};
use crate::buffers::Buffer;
use crate::memory;
use crate::probe::Probe;
use crate::request::{Content, Extent, Placed};

impl Probe {
    /// The 32 bits that an operand stands for. Ask just before the call: allocating may move the end of memory.
    pub fn value(&mut self, operand: &Operand<'_>) -> Result<u32, Fault> {
        match operand {
            Operand::Number(number) => Ok(*number),
            Operand::Handle(name) => self.kept_handle(name),
            Operand::End(offset) => {
                self.claim_end()?;
                Ok(wrapped(memory::size() as i64 + offset))
            }
            Operand::Buffer { name, offset } => {
                let address = self.buffers.get(name, self.memory.generation())?.address;
                Ok(wrapped(i64::from(address) + offset))
            }
            Operand::Length(name) => Ok(wrapped(self.buffers.get(name, self.memory.generation())?.length as i64)),
            Operand::Slot(name) => Err(Fault::new(format!("slot {name:?} stands outside the arguments of raw"))),
        }
    }

    /// Sees to it that the end of memory is ours, unless something placed at the earlier end would be mistaken then.
    fn claim_end(&mut self) -> Result<(), Fault> {
        let generation = self.memory.generation();
        if self.memory.owns_end() {
            return Ok(());
        }
        if self.buffers.any_stale(generation) {
            return Err(Fault::new(
                "memory has grown since something was placed at its end: place it there again, or forget it",
            ));
        }
        self.memory.own(1)
    }

    /// `place`: bytes at an address of the request's or the probe's choice.
    pub fn place(
        &mut self,
        content: &Placed<'_>,
        at: Option<&Operand<'_>>,
        name: &str,
        reply: &mut Reply,
    ) -> Result<(), Fault> {
        let bytes = self.placed(content)?;
        self.buffers.check_room(bytes.len())?;
        let buffer = match at {
            None => Buffer::of_block(Block::holding(&bytes)?),
            Some(Operand::End(offset)) => self.place_at_end(&bytes, *offset)?,
            Some(operand) => {
                let address = self.value(operand)?;
                self.memory.check(address.into(), bytes.len() as u64)?;
                memory::copy_in(address, &bytes);
                Buffer::at(address, bytes.len())
            }
        };
        // Words may stand for places that the allocation just made has moved.
        if matches!(content, Placed::Words(_)) && self.placed(content)? != bytes {
            return Err(Fault::new("memory grew while the words were placed: place them again"));
        }
        reply.number("address", buffer.address);
        self.buffers.insert(name, buffer);
        reply.number("memory", memory::size() as i64);
        Ok(())
    }

    fn placed(&mut self, content: &Placed<'_>) -> Result<Vec<u8>, Fault> {
        let words = match content {
            Placed::Bytes(bytes) => return bytes.decode(),
            Placed::Words(words) => words,
        };
        let mut bytes = Vec::with_capacity(words.len() * 4);
        for word in words {
            bytes.extend(self.value(word)?.to_le_bytes());
        }
        Ok(bytes)
    }

    fn place_at_end(&mut self, bytes: &[u8], offset: i64) -> Result<Buffer, Fault> {
        let distance = u64::try_from(-offset).unwrap_or(0);
        if distance > LIMIT as u64 {
            return Err(Fault::new(format!("at: at most {LIMIT} bytes before the end of memory are allowed")));
        }
        if distance < bytes.len() as u64 {
            return Err(Fault::new(format!("{} bytes at the end {offset:+} reach beyond it", bytes.len())));
        }
        self.memory.own(distance)?;
        let address = wrapped((memory::size() - distance) as i64);
        memory::copy_in(address, bytes);
        Ok(Buffer::at_end(address, bytes.len(), self.memory.generation()))
    }

    /// `read`: what a buffer or an address holds.
    pub fn read(&mut self, extent: &Extent<'_>, reply: &mut Reply) -> Result<(), Fault> {
        let mut bytes = Vec::new();
        let (address, length) = match extent {
            Extent::Buffer(name) => {
                let buffer = self.buffers.get(name, self.memory.generation())?;
                bytes.try_reserve_exact(buffer.length).map_err(|_| Fault::no_memory(buffer.length))?;
                // Once more, because the copy may have made memory grow.
                let buffer = self.buffers.get(name, self.memory.generation())?;
                (buffer.address, buffer.length)
            }
            Extent::At { address, length } => {
                bytes.try_reserve_exact(*length).map_err(|_| Fault::no_memory(*length))?;
                (self.value(address)?, *length)
            }
        };
        let end = u64::from(address) + length as u64;
        if end > memory::size() {
            return Err(Fault::new(format!(
                "{length} bytes at {address} reach beyond the end of memory, which is {}",
                memory::size()
            )));
        }
        memory::copy_out(address, length, &mut bytes);
        reply.bytes("data", &bytes)
    }

    /// `overwrite`: other bytes where a buffer is.
    pub fn overwrite(&mut self, name: &str, content: &Content<'_>) -> Result<(), Fault> {
        let length = self.buffers.get(name, self.memory.generation())?.length;
        let bytes = match content {
            Content::Fill(byte) => {
                let mut bytes = Vec::new();
                bytes.try_reserve_exact(length).map_err(|_| Fault::no_memory(length))?;
                bytes.resize(length, *byte);
                bytes
            }
            Content::Bytes(bytes) => bytes.decode()?,
        };
        if bytes.len() != length {
            return Err(Fault::new(format!("{} bytes where buffer {name:?} has {length}", bytes.len())));
        }
        self.buffers.get_mut(name, self.memory.generation())?.overwrite(&bytes);
        Ok(())
    }
}
