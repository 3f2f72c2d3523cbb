//! The probe's state, and the way of a request through it.

use std::collections::BTreeMap;
use std::hint::black_box;

use protocol::{Fault, PROTOCOL, Reply};

use crate::buffers::Buffers;
use crate::memory::Memory;
use crate::request::Request;

/// Heap taken at the start, in bytes: requests of a few MiB leave the end of memory where it is.
const RESERVE: usize = 32 << 20;

/// What stays from one request to the next.
pub struct Probe {
    pub memory: Memory,
    pub buffers: Buffers,
    handles: BTreeMap<String, u32>,
}

impl Probe {
    /// Reserves heap, and behind it the first pages of the probe's own.
    pub fn start() -> Self {
        // The allocator never gives memory back to the host; black_box keeps this from being optimised away.
        drop(black_box(Vec::<u8>::with_capacity(RESERVE)));
        Self { memory: Memory::start(), buffers: Buffers::default(), handles: BTreeMap::new() }
    }

    /// Carries out the request in `line`.
    pub fn answer(&mut self, line: &str, reply: &mut Reply) -> Result<(), Fault> {
        match Request::parse(line)? {
            Request::Hello => {
                reply.text("abi", "witx");
                reply.number("protocol", PROTOCOL);
                reply.text("probe", env!("CARGO_PKG_VERSION"));
                Ok(())
            }
            Request::Load { builders, encoding, target, keep } => {
                self.load(&builders, &encoding, &target, keep.as_deref(), reply)
            }
            Request::LoadByName { name, keep } => self.load_by_name(&name, keep.as_deref(), reply),
            Request::InitExecutionContext { graph, keep } => {
                self.init_execution_context(&graph, keep.as_deref(), reply)
            }
            Request::SetInput { context, index, tensor, keep } => {
                self.set_input(&context, &index, &tensor, keep.as_deref(), reply)
            }
            Request::Compute { context } => self.compute(&context, reply),
            Request::GetOutput { context, index, size } => self.get_output(&context, &index, &size, reply),
            Request::Raw { function, arguments } => self.raw(&function, &arguments, reply),
            Request::Place { content, at, keep } => self.place(&content, at.as_ref(), &keep, reply),
            Request::Read(extent) => self.read(&extent, reply),
            Request::Overwrite { buffer, content } => self.overwrite(&buffer, &content),
            Request::Grow { pages } => {
                let previous = self.memory.grow(pages as u64);
                reply.number("previous", previous.map_or(-1, |pages| pages as i64));
                Ok(())
            }
            Request::Reuse => {
                self.buffers.reuse();
                Ok(())
            }
            Request::Forget => {
                reply.number("handles", std::mem::take(&mut self.handles).len() as i64);
                reply.number("buffers", self.buffers.clear() as i64);
                Ok(())
            }
            Request::Trap => std::arch::wasm32::unreachable(),
            Request::Exit { code } => std::process::exit(code),
        }
    }

    /// The handle kept under `name`.
    pub fn kept_handle(&self, name: &str) -> Result<u32, Fault> {
        self.handles.get(name).copied().ok_or_else(|| Fault::new(format!("no handle is named {name:?}")))
    }

    /// Keeps `value` under `name` after a success; after a failure nothing is kept there.
    pub fn keep(&mut self, name: &str, errno: i32, value: u32) {
        if errno == 0 {
            self.handles.insert(name.to_owned(), value);
        } else {
            self.handles.remove(name);
        }
    }
}
