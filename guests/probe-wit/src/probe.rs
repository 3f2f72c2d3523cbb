//! The probe's state, and the way of a request through it.

use protocol::{Fault, PROTOCOL, Reply};

use crate::candidate::{Candidate, Handle, Kind};
use crate::kept::Kept;
use crate::request::Request;
use crate::spent::{Argument, Spent};

/// What stays from one request to the next.
pub struct Probe {
    pub candidate: Candidate,
    pub kept: Kept,
    pub spent: Spent,
}

impl Probe {
    /// A probe that keeps nothing yet.
    pub fn new(candidate: Candidate) -> Self {
        Self { candidate, kept: Kept::default(), spent: Spent::default() }
    }

    /// Carries out the request in `line`.
    pub fn answer(&mut self, line: &str, reply: &mut Reply) -> Result<(), Fault> {
        match Request::parse(line, &self.candidate)? {
            Request::Hello => {
                reply.text("abi", self.candidate.abi);
                reply.number("protocol", PROTOCOL);
                reply.text("probe", env!("CARGO_PKG_VERSION"));
                Ok(())
            }
            Request::Tensor { dims, ty, data, keep } => self.tensor(dims, &ty, &data, &keep),
            Request::TensorDimensions { tensor } => {
                reply.list("dims", (self.candidate.tensor.dimensions)(self.kept.handle(Kind::Tensor, &tensor)?));
                Ok(())
            }
            Request::TensorTy { tensor } => {
                reply.text("type", (self.candidate.tensor.ty)(self.kept.handle(Kind::Tensor, &tensor)?));
                Ok(())
            }
            Request::TensorData { tensor } => {
                reply.bytes("data", &(self.candidate.tensor.data)(self.kept.handle(Kind::Tensor, &tensor)?))
            }
            Request::Load { builders, encoding, target, keep } => {
                self.load(&builders, &encoding, &target, &keep, reply)
            }
            Request::LoadByName { name, keep } => {
                let outcome = (self.candidate.graph.load_by_name)(&name);
                self.spent.keep([Argument::Bytes(name)]);
                self.report_resource(outcome, Kind::Graph, &keep, reply)
            }
            Request::InitExecutionContext { graph, keep } => {
                let graph = self.kept.handle(Kind::Graph, &graph)?;
                let outcome = (self.candidate.graph.init_execution_context)(graph);
                self.report_resource(outcome, Kind::Context, &keep, reply)
            }
            Request::ComputeAtOnce { compute, context, inputs, keep } => {
                self.compute_at_once(compute, &context, inputs, &keep, reply)
            }
            Request::SetInput { set_input, context, name, tensor, keep } => {
                self.set_input(set_input, &context, name, &tensor, &keep, reply)
            }
            Request::Compute { compute, context, keep } => {
                let outcome = compute(self.kept.handle(Kind::Context, &context)?);
                self.report_nothing(outcome, &keep, reply)
            }
            Request::GetOutput { get_output, context, name, keep } => {
                self.get_output(get_output, &context, name, &keep, reply)
            }
            Request::Error { new, code, data, keep } => {
                let error = new(&code, &data)?;
                self.keep(&keep, Kind::Error, error);
                Ok(())
            }
            Request::ErrorCode { error } => {
                reply.text("code", (self.candidate.error.code)(self.kept.handle(Kind::Error, &error)?));
                Ok(())
            }
            Request::ErrorData { error } => {
                reply.string("data", &(self.candidate.error.data)(self.kept.handle(Kind::Error, &error)?))
            }
            Request::Drop { kind, handle } => {
                let handle = self.kept.handle(kind, &handle)?;
                self.kept.gone(kind, handle);
                (self.candidate.drop)(kind, handle);
                Ok(())
            }
            Request::Reuse => {
                self.spent.clear();
                Ok(())
            }
            Request::Forget => {
                self.spent.clear();
                let (names, owned) = self.kept.clear();
                reply.number("handles", count(names));
                reply.number("dropped", count(owned.len()));
                for (kind, handle) in owned {
                    (self.candidate.drop)(kind, handle);
                }
                Ok(())
            }
            Request::Trap => std::process::abort(), // `unreachable`, as the standard library does it on wasm
            Request::Exit { code } => std::process::exit(code),
        }
    }

    /// Keeps a new resource under `name`; what `name` still owned is dropped.
    pub fn keep(&mut self, name: &str, kind: Kind, handle: Handle) {
        self.free(name);
        self.kept.insert(name, kind, handle);
    }

    /// Frees `name` and drops what it still owned.
    pub fn free(&mut self, name: &str) {
        if let Some((kind, handle)) = self.kept.remove(name) {
            (self.candidate.drop)(kind, handle);
        }
    }

    /// Keeps a new resource if a name is given for it, else drops it.
    pub fn keep_or_drop(&mut self, name: Option<&str>, kind: Kind, handle: Handle) {
        match name {
            Some(name) => self.keep(name, kind, handle),
            None => (self.candidate.drop)(kind, handle),
        }
    }
}

/// A 32-bit memory holds no more than an i64 can count.
fn count(items: usize) -> i64 {
    i64::try_from(items).unwrap_or(i64::MAX)
}
