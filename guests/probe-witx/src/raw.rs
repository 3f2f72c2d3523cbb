//! The six functions with any 32 bits as arguments.

use std::collections::BTreeMap;

use protocol::{Fault, Operand, Reply, sentinel};
use witx::wasi_ephemeral_nn as nn;

use crate::block::Block;
use crate::probe::Probe;

impl Probe {
    /// `raw`: a function called with exactly these arguments.
    pub fn raw(&mut self, function: &str, arguments: &[Operand<'_>], reply: &mut Reply) -> Result<(), Fault> {
        let mut slots = BTreeMap::new();
        for argument in arguments {
            if let Operand::Slot(name) = argument
                && slots.insert(name.as_ref(), Block::slot()?).is_some()
            {
                return Err(Fault::new(format!("slot {name:?} is given twice")));
            }
        }
        let before = self.buffers.snapshot()?;
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(match argument {
                Operand::Slot(name) => slots[name.as_ref()].address(),
                other => self.value(other)?,
            });
        }
        let errno = call(function, &values)?;
        let guarded = slots.values().all(Block::guarded) && self.buffers.guarded();
        reply.number("errno", errno);
        reply.numbers("slots", slots.iter().map(|(name, slot)| (*name, slot.slot_value())));
        reply.text("guards", sentinel::report(guarded));
        reply.names("changed", self.buffers.changed(&before));
        for (name, slot) in slots {
            self.keep(name, errno, slot.slot_value());
            self.buffers.spend([slot]);
        }
        Ok(())
    }
}

fn call(function: &str, values: &[u32]) -> Result<i32, Fault> {
    // SAFETY: the arguments are the request's choice. Where the host then writes into the probe's own memory, the
    // request has asked for it.
    Ok(unsafe {
        match (function, values) {
            ("load", &[builders, count, encoding, target, graph]) => nn::load(builders, count, encoding, target, graph),
            ("load_by_name", &[name, length, graph]) => nn::load_by_name(name, length, graph),
            ("init_execution_context", &[graph, context]) => nn::init_execution_context(graph, context),
            ("set_input", &[context, index, tensor]) => nn::set_input(context, index, tensor),
            ("compute", &[context]) => nn::compute(context),
            ("get_output", &[context, index, buffer, maximum, size]) => {
                nn::get_output(context, index, buffer, maximum, size)
            }
            _ => return Err(misfit(function, values.len())),
        }
    })
}

fn misfit(function: &str, given: usize) -> Fault {
    let wanted = match function {
        "load" | "get_output" => 5,
        "load_by_name" | "set_input" => 3,
        "init_execution_context" => 2,
        "compute" => 1,
        _ => {
            let shown: String = function.chars().take(60).collect();
            return Fault::new(format!("function: {shown:?} is none of wasi_ephemeral_nn"));
        }
    };
    Fault::new(format!("arguments: {function} takes {wanted}, {given} are given"))
}
