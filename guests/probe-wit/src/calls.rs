//! The functions of wasi-nn, what they gave, and what becomes of it.

use protocol::{Bytes, Fault, Reply};

use crate::candidate::{ComputeAtOnce, GetOutput, Handle, Kind, Outcome, SetInput, Text};
use crate::kept::Operand;
use crate::probe::Probe;
use crate::request::Keep;
use crate::spent::Argument;

impl Probe {
    /// The constructor of `tensor`.
    pub fn tensor(&mut self, dims: Vec<u32>, ty: &str, data: &Bytes<'_>, keep: &str) -> Result<(), Fault> {
        let data = data.decode()?;
        let tensor = (self.candidate.tensor.new)(&dims, ty, &data)?;
        self.spent.keep([Argument::Words(dims), Argument::Bytes(data)]);
        self.keep(keep, Kind::Tensor, tensor);
        Ok(())
    }

    /// `load`.
    pub fn load(
        &mut self,
        builders: &[Bytes<'_>],
        encoding: &str,
        target: &str,
        keep: &Keep<'_>,
        reply: &mut Reply,
    ) -> Result<(), Fault> {
        let builders: Vec<_> = builders.iter().map(Bytes::decode).collect::<Result<_, _>>()?;
        let outcome = (self.candidate.graph.load)(&builders, encoding, target)?;
        self.spent.keep(builders.into_iter().map(Argument::Bytes));
        self.report_resource(outcome, Kind::Graph, keep, reply)
    }

    /// `compute` of all inputs to all outputs. The output tensors are kept as a list.
    pub fn compute_at_once(
        &mut self,
        compute: ComputeAtOnce,
        context: &Operand<'_>,
        inputs: Vec<(Text, Operand<'_>)>,
        keep: &Keep<'_>,
        reply: &mut Reply,
    ) -> Result<(), Fault> {
        let context = self.kept.handle(Kind::Context, context)?;
        let handle = |(name, tensor)| Ok((name, self.kept.handle(Kind::Tensor, &tensor)?));
        let inputs: Vec<_> = inputs.into_iter().map(handle).collect::<Result<_, Fault>>()?;
        for (_, tensor) in &inputs {
            self.kept.gone(Kind::Tensor, *tensor);
        }
        let outcome = compute(context, inputs);
        if let Some(list) = keep.result.as_deref() {
            for name in self.kept.list(list) {
                self.free(&name);
            }
        }
        let outputs = match outcome {
            Ok(outputs) => outputs,
            Err(error) => return self.report_error(error, keep, reply),
        };
        self.free_error(keep);
        reply.text("result", "ok");
        let reported = reply.objects("outputs", &outputs, |reply, (name, tensor)| {
            reply.string("name", name)?;
            self.describe(*tensor, reply)
        });
        for (index, (_, tensor)) in outputs.into_iter().enumerate() {
            let name = keep.result.as_ref().map(|list| format!("{list}.{index}"));
            self.keep_or_drop(name.as_deref(), Kind::Tensor, tensor);
        }
        reported
    }

    /// `set-input`.
    pub fn set_input(
        &mut self,
        set_input: SetInput,
        context: &Operand<'_>,
        name: Text,
        tensor: &Operand<'_>,
        keep: &Keep<'_>,
        reply: &mut Reply,
    ) -> Result<(), Fault> {
        let context = self.kept.handle(Kind::Context, context)?;
        let tensor = self.kept.handle(Kind::Tensor, tensor)?;
        self.kept.gone(Kind::Tensor, tensor);
        let outcome = set_input(context, &name, tensor);
        self.spent.keep([Argument::Bytes(name)]);
        self.report_nothing(outcome, keep, reply)
    }

    /// `get-output`.
    pub fn get_output(
        &mut self,
        get_output: GetOutput,
        context: &Operand<'_>,
        name: Text,
        keep: &Keep<'_>,
        reply: &mut Reply,
    ) -> Result<(), Fault> {
        let context = self.kept.handle(Kind::Context, context)?;
        let outcome = get_output(context, &name);
        self.spent.keep([Argument::Bytes(name)]);
        let tensor = match outcome {
            Ok(tensor) => tensor,
            Err(error) => return self.report_error(error, keep, reply),
        };
        self.free_error(keep);
        reply.text("result", "ok");
        let reported = self.describe(tensor, reply);
        self.keep_or_drop(keep.result.as_deref(), Kind::Tensor, tensor);
        reported
    }

    /// Reports the outcome of a call that makes a resource, and keeps it if it is to be kept.
    pub fn report_resource(
        &mut self,
        outcome: Outcome<Handle>,
        kind: Kind,
        keep: &Keep<'_>,
        reply: &mut Reply,
    ) -> Result<(), Fault> {
        match outcome {
            Ok(handle) => {
                reply.text("result", "ok");
                self.free_error(keep);
                self.keep_or_drop(keep.result.as_deref(), kind, handle);
                Ok(())
            }
            Err(error) => self.report_error(error, keep, reply),
        }
    }

    /// Reports the outcome of a call that gives nothing.
    pub fn report_nothing(&mut self, outcome: Outcome<()>, keep: &Keep<'_>, reply: &mut Reply) -> Result<(), Fault> {
        match outcome {
            Ok(()) => {
                reply.text("result", "ok");
                self.free_error(keep);
                Ok(())
            }
            Err(error) => self.report_error(error, keep, reply),
        }
    }

    /// Reads an error, unless it is to be left unread, and keeps it if it is to be kept; the name of the result that did not come is free.
    fn report_error(&mut self, error: Handle, keep: &Keep<'_>, reply: &mut Reply) -> Result<(), Fault> {
        reply.text("result", "err");
        let mut reported = Ok(());
        if !keep.unread {
            reply.text("code", (self.candidate.error.code)(error));
            reported = reply.string("data", &(self.candidate.error.data)(error));
        }
        if let Some(name) = keep.result.as_deref() {
            self.free(name);
        }
        self.keep_or_drop(keep.error.as_deref(), Kind::Error, error);
        reported
    }

    /// Frees the name of the error that did not come.
    fn free_error(&mut self, keep: &Keep<'_>) {
        if let Some(name) = keep.error.as_deref() {
            self.free(name);
        }
    }

    /// Adds what the getters of a tensor give.
    fn describe(&self, tensor: Handle, reply: &mut Reply) -> Result<(), Fault> {
        reply.list("dims", (self.candidate.tensor.dimensions)(tensor));
        reply.text("type", (self.candidate.tensor.ty)(tensor));
        reply.bytes("data", &(self.candidate.tensor.data)(tensor))
    }
}
