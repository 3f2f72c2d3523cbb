//! The probe's state, and the way of a request through it.

use protocol::{Fault, PROTOCOL, Reply};

use crate::candidate::{Candidate, Handle, Inference, Kind, Outcome, Text};
use crate::kept::{Kept, Operand};
use crate::request::{Keep, Request};

/// What stays from one request to the next.
pub struct Probe {
    candidate: Candidate,
    kept: Kept,
}

impl Probe {
    /// A probe that keeps nothing yet.
    pub fn new(candidate: Candidate) -> Self {
        Self { candidate, kept: Kept::default() }
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
            Request::Tensor { dims, ty, data, keep } => {
                let tensor = (self.candidate.tensor.new)(&dims, &ty, &data.decode()?)?;
                self.replace(&keep, Kind::Tensor, tensor);
                Ok(())
            }
            Request::TensorDimensions { tensor } => {
                let tensor = self.kept.handle(Kind::Tensor, &tensor)?;
                reply.list("dims", (self.candidate.tensor.dimensions)(tensor));
                Ok(())
            }
            Request::TensorTy { tensor } => {
                let tensor = self.kept.handle(Kind::Tensor, &tensor)?;
                reply.text("type", (self.candidate.tensor.ty)(tensor));
                Ok(())
            }
            Request::TensorData { tensor } => {
                let tensor = self.kept.handle(Kind::Tensor, &tensor)?;
                reply.bytes("data", &(self.candidate.tensor.data)(tensor))
            }
            Request::Load { builders, encoding, target, keep } => {
                let builders: Vec<_> = builders.iter().map(|bytes| bytes.decode()).collect::<Result<_, _>>()?;
                let outcome = (self.candidate.graph.load)(&builders, &encoding, &target)?;
                drop(builders); // room for what follows
                self.report(outcome, Kind::Graph, &keep, reply);
                Ok(())
            }
            Request::LoadByName { name, keep } => {
                let outcome = (self.candidate.graph.load_by_name)(&name);
                self.report(outcome, Kind::Graph, &keep, reply);
                Ok(())
            }
            Request::InitExecutionContext { graph, keep } => {
                let graph = self.kept.handle(Kind::Graph, &graph)?;
                let outcome = (self.candidate.graph.init_execution_context)(graph);
                self.report(outcome, Kind::Context, &keep, reply);
                Ok(())
            }
        }
    }
}
