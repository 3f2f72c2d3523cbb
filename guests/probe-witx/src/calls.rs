//! The six functions with arguments that are well formed in memory, and stay there after the call.

use protocol::sentinel::{self, OUTPUT};
use protocol::{Bytes, Fault, Operand, Reply, wrapped};
use witx::wasi_ephemeral_nn;

use crate::block::Block;
use crate::buffers::{Buffer, decoded};
use crate::probe::Probe;
use crate::request::Tensor;

/// Bytes of a builder's record: address, length.
const BUILDER: usize = 8;

/// Offsets in a tensor's record (wasi-nn.witx, `$tensor`) and its size in bytes.
mod record {
    pub const DIMS: usize = 0;
    pub const DIMS_LENGTH: usize = 4;
    pub const TYPE: usize = 8;
    pub const DATA: usize = 12;
    pub const DATA_LENGTH: usize = 16;
    pub const SIZE: usize = 20;
}

impl Probe {
    /// `load` from builders that lie on the heap.
    pub fn load(
        &mut self,
        builders: &[Bytes<'_>],
        encoding: &Operand<'_>,
        target: &Operand<'_>,
        keep: Option<&str>,
        reply: &mut Reply,
    ) -> Result<(), Fault> {
        self.buffers.check_room(builders.iter().map(|bytes| bytes.len() + BUILDER).sum())?;
        let blocks: Vec<Block> = builders.iter().map(decoded).collect::<Result<_, _>>()?;
        let records = Block::written(blocks.len() * BUILDER, |bytes| {
            for (record, block) in bytes.chunks_exact_mut(BUILDER).zip(&blocks) {
                put(record, 0, block.address());
                put(record, 4, length(block));
            }
            Ok(())
        })?;
        let slot = Block::slot()?;
        let (encoding, target) = (self.value(encoding)?, self.value(target)?);
        // SAFETY: the host reads the records and what they point at, and writes the slot; all outlive the call.
        let errno = unsafe {
            let count = wrapped(blocks.len() as i64);
            wasi_ephemeral_nn::load(records.address(), count, encoding, target, slot.address())
        };
        self.report_slot(errno, slot, keep, reply);
        match keep {
            None => self.buffers.spend(blocks.into_iter().chain([records])),
            Some(name) => {
                self.buffers.remove_builders(name);
                self.buffers.insert(&format!("{name}.builders"), Buffer::of_block(records));
                for (index, block) in blocks.into_iter().enumerate() {
                    self.buffers.insert(&format!("{name}.{index}"), Buffer::of_block(block));
                }
            }
        }
        Ok(())
    }

    /// `load_by_name`.
    pub fn load_by_name(&mut self, name: &[u8], keep: Option<&str>, reply: &mut Reply) -> Result<(), Fault> {
        let (name, slot) = (Block::holding(name)?, Block::slot()?);
        // SAFETY: the host reads the name and writes the slot; both outlive the call.
        let errno = unsafe { wasi_ephemeral_nn::load_by_name(name.address(), length(&name), slot.address()) };
        self.buffers.spend([name]);
        self.report_slot(errno, slot, keep, reply);
        Ok(())
    }

    /// `init_execution_context`.
    pub fn init_execution_context(
        &mut self,
        graph: &Operand<'_>,
        keep: Option<&str>,
        reply: &mut Reply,
    ) -> Result<(), Fault> {
        let slot = Block::slot()?;
        let graph = self.value(graph)?;
        // SAFETY: the host writes the slot, which outlives the call.
        let errno = unsafe { wasi_ephemeral_nn::init_execution_context(graph, slot.address()) };
        self.report_slot(errno, slot, keep, reply);
        Ok(())
    }

    /// `set_input` with a tensor whose record, dims and data lie on the heap.
    pub fn set_input(
        &mut self,
        context: &Operand<'_>,
        index: &Operand<'_>,
        tensor: &Tensor<'_>,
        keep: Option<&str>,
        reply: &mut Reply,
    ) -> Result<(), Fault> {
        self.buffers.check_room(tensor.data.len())?;
        let data = decoded(&tensor.data)?;
        let dims = Block::written(tensor.dims.len() * 4, |bytes| {
            tensor.dims.iter().enumerate().for_each(|(axis, &dim)| put(bytes, axis * 4, dim));
            Ok(())
        })?;
        let mut record = Block::filled(record::SIZE, 0)?;
        let element = self.value(&tensor.element)?;
        let element = u8::try_from(element)
            .map_err(|_| Fault::new(format!("tensor: type: {element} does not fit the record's one byte")))?;
        let bytes = record.bytes_mut();
        put(bytes, record::DIMS, dims.address());
        put(bytes, record::DIMS_LENGTH, wrapped(tensor.dims.len() as i64));
        bytes[record::TYPE] = element;
        put(bytes, record::DATA, data.address());
        put(bytes, record::DATA_LENGTH, length(&data));
        let (context, index) = (self.value(context)?, self.value(index)?);
        // SAFETY: the host reads the record and what it points at; all outlive the call.
        let errno = unsafe { wasi_ephemeral_nn::set_input(context, index, record.address()) };
        reply.number("errno", errno);
        match keep {
            None => self.buffers.spend([record, dims, data]),
            Some(name) => {
                for (part, block) in [("tensor", record), ("dims", dims), ("data", data)] {
                    self.buffers.insert(&format!("{name}.{part}"), Buffer::of_block(block));
                }
            }
        }
        Ok(())
    }

    /// `compute`.
    pub fn compute(&mut self, context: &Operand<'_>, reply: &mut Reply) -> Result<(), Fault> {
        let context = self.value(context)?;
        // SAFETY: no pointer is passed.
        let errno = unsafe { wasi_ephemeral_nn::compute(context) };
        reply.number("errno", errno);
        Ok(())
    }

    /// `get_output` into a buffer of exactly `size` bytes.
    pub fn get_output(
        &mut self,
        context: &Operand<'_>,
        index: &Operand<'_>,
        size: &Operand<'_>,
        reply: &mut Reply,
    ) -> Result<(), Fault> {
        let maximum = self.value(size)?;
        let (output, slot) = (Block::filled(maximum as usize, OUTPUT)?, Block::slot()?);
        let (context, index) = (self.value(context)?, self.value(index)?);
        // SAFETY: the host writes at most `maximum` bytes of the buffer, and the slot; both outlive the call.
        let errno = unsafe { wasi_ephemeral_nn::get_output(context, index, output.address(), maximum, slot.address()) };
        let (value, bytes) = (slot.slot_value(), output.bytes());
        let (data, tail) = bytes.split_at(bytes.len().min(value as usize));
        reply.number("errno", errno);
        reply.number("value", value);
        reply.text("guards", sentinel::report(slot.guarded() && output.guarded()));
        let reported = if errno == 0 { reply.bytes("data", data) } else { Ok(()) };
        reply.text("tail", sentinel::report(sentinel::holds(tail, OUTPUT)));
        reply.text("buffer", sentinel::report(sentinel::holds(bytes, OUTPUT)));
        self.buffers.spend([output, slot]);
        reported
    }

    fn report_slot(&mut self, errno: i32, slot: Block, keep: Option<&str>, reply: &mut Reply) {
        let value = slot.slot_value();
        reply.number("errno", errno);
        reply.number("value", value);
        reply.text("guards", sentinel::report(slot.guarded()));
        self.buffers.spend([slot]);
        if let Some(name) = keep {
            self.keep(name, errno, value);
        }
    }
}

/// Writes `value` at `offset`, little-endian as all of WebAssembly.
fn put(bytes: &mut [u8], offset: usize, value: u32) {
    bytes[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
}

fn length(block: &Block) -> u32 {
    wrapped(block.bytes().len() as i64)
}
