//! The calls of the WIT probes, read from a line and checked as far as the line and the candidate allow.

use std::borrow::Cow;

use protocol::{Bytes, Fault, Field, Fields};

use crate::candidate::{
    Candidate, Compute, ComputeAtOnce, GetOutput, Inference, Kind, NewError, SetInput, Text, value,
};
use crate::kept::Operand;

/// Most builders, dimensions or inputs of a request.
const MOST: usize = 4096;

/// One request. Those that not every candidate has bring the candidate's function along.
pub enum Request<'a> {
    Hello,
    Tensor { dims: Vec<u32>, ty: Cow<'a, str>, data: Bytes<'a>, keep: Name<'a> },
    TensorDimensions { tensor: Operand<'a> },
    TensorTy { tensor: Operand<'a> },
    TensorData { tensor: Operand<'a> },
    Load { builders: Vec<Bytes<'a>>, encoding: Cow<'a, str>, target: Cow<'a, str>, keep: Keep<'a> },
    LoadByName { name: Text, keep: Keep<'a> },
    InitExecutionContext { graph: Operand<'a>, keep: Keep<'a> },
    ComputeAtOnce { compute: ComputeAtOnce, context: Operand<'a>, inputs: Vec<(Text, Operand<'a>)>, keep: Keep<'a> },
    SetInput { set_input: SetInput, context: Operand<'a>, name: Text, tensor: Operand<'a>, keep: Keep<'a> },
    Compute { compute: Compute, context: Operand<'a>, keep: Keep<'a> },
    GetOutput { get_output: GetOutput, context: Operand<'a>, name: Text, keep: Keep<'a> },
    Error { new: NewError, code: Cow<'a, str>, data: Text, keep: Name<'a> },
    ErrorCode { error: Operand<'a> },
    ErrorData { error: Operand<'a> },
    Drop { kind: Kind, handle: Operand<'a> },
    Reuse,
    Forget,
    Trap,
    Exit { code: i32 },
}

/// A name under which something is kept.
pub type Name<'a> = Cow<'a, str>;

/// Under which names the two results of a fallible call are kept, and whether an error is left unread.
pub struct Keep<'a> {
    pub result: Option<Name<'a>>,
    pub error: Option<Name<'a>>,
    pub unread: bool,
}

impl<'a> Request<'a> {
    /// Reads a line. The call has to be one of the candidate's, and every member one that the call knows.
    pub fn parse(line: &'a str, candidate: &Candidate) -> Result<Self, Fault> {
        let mut fields = Fields::of_request(line)?;
        let call = fields.take("call")?.text()?;
        let request = Self::of_call(&call, &mut fields, candidate)?;
        fields.finish()?;
        Ok(request)
    }

    fn of_call(call: &str, fields: &mut Fields<'a>, candidate: &Candidate) -> Result<Self, Fault> {
        Ok(match call {
            "hello" => Self::Hello,
            "tensor" => {
                let dims = fields.take("dims")?.list(MOST)?;
                Self::Tensor {
                    dims: dims.iter().map(unsigned).collect::<Result<_, _>>()?,
                    ty: fields.take("type")?.text()?,
                    data: fields.take("data")?.bytes()?,
                    keep: fields.take("as")?.name()?,
                }
            }
            "tensor_dimensions" => Self::TensorDimensions { tensor: handle(fields, "tensor")? },
            "tensor_ty" => Self::TensorTy { tensor: handle(fields, "tensor")? },
            "tensor_data" => Self::TensorData { tensor: handle(fields, "tensor")? },
            "load" => {
                let builders = fields.take("builders")?.list(MOST)?;
                Self::Load {
                    builders: builders.iter().map(Field::bytes).collect::<Result<_, _>>()?,
                    encoding: fields.take("encoding")?.text()?,
                    target: fields.take("target")?.text()?,
                    keep: Keep::parse(fields)?,
                }
            }
            "load_by_name" => Self::LoadByName { name: string(fields, "name")?, keep: Keep::parse(fields)? },
            "init_execution_context" => {
                Self::InitExecutionContext { graph: handle(fields, "graph")?, keep: Keep::parse(fields)? }
            }
            "compute" | "set_input" | "get_output" | "error" => Self::of_candidates_call(call, fields, candidate)?,
            "error_code" => Self::ErrorCode { error: handle(fields, "error")? },
            "error_data" => Self::ErrorData { error: handle(fields, "error")? },
            "drop" => Self::Drop {
                kind: value(&Kind::NAMES, "kind", &fields.take("kind")?.text()?)?,
                handle: handle(fields, "handle")?,
            },
            "reuse" => Self::Reuse,
            "forget" => Self::Forget,
            "trap" => Self::Trap,
            "exit" => Self::Exit { code: i32::from(fields.take("code")?.integer(0..=125)? != 0) },
            _ => return Err(unknown_call(call)),
        })
    }

    /// The calls that not every candidate has, or not in this shape.
    fn of_candidates_call(call: &str, fields: &mut Fields<'a>, candidate: &Candidate) -> Result<Self, Fault> {
        Ok(match (call, candidate.inference, candidate.error.new) {
            ("compute", Inference::AtOnce { compute }, _) => {
                let inputs = fields.take("inputs")?.list(MOST)?;
                Self::ComputeAtOnce {
                    compute,
                    context: handle(fields, "context")?,
                    inputs: inputs.iter().map(input).collect::<Result<_, _>>()?,
                    keep: Keep::parse(fields)?,
                }
            }
            ("compute", Inference::OneByOne { compute, .. }, _) => {
                Self::Compute { compute, context: handle(fields, "context")?, keep: Keep::parse_error(fields)? }
            }
            ("set_input", Inference::OneByOne { set_input, .. }, _) => Self::SetInput {
                set_input,
                context: handle(fields, "context")?,
                name: string(fields, "name")?,
                tensor: handle(fields, "tensor")?,
                keep: Keep::parse_error(fields)?,
            },
            ("get_output", Inference::OneByOne { get_output, .. }, _) => Self::GetOutput {
                get_output,
                context: handle(fields, "context")?,
                name: string(fields, "name")?,
                keep: Keep::parse(fields)?,
            },
            ("error", _, Some(new)) => Self::Error {
                new,
                code: fields.take("code")?.text()?,
                data: string(fields, "data")?,
                keep: fields.take("as")?.name()?,
            },
            _ => return Err(Fault::new(format!("{} has no call {call:?}", candidate.abi))),
        })
    }
}

impl<'a> Keep<'a> {
    fn parse(fields: &mut Fields<'a>) -> Result<Self, Fault> {
        let result = fields.take_optional("as").map(|field| field.name()).transpose()?;
        let keep = Self { result, ..Self::parse_error(fields)? };
        if keep.result.is_some() && keep.result == keep.error {
            return Err(Fault::new("\"as\" and \"error\" are the same name"));
        }
        Ok(keep)
    }

    fn parse_error(fields: &mut Fields<'a>) -> Result<Self, Fault> {
        let error = fields.take_optional("error").map(|field| field.name()).transpose()?;
        let unread = fields.take_optional("unread").map_or(Ok(false), |field| field.boolean())?;
        Ok(Self { result: None, error, unread })
    }
}

fn unknown_call(call: &str) -> Fault {
    let shown: String = call.chars().take(60).collect();
    Fault::new(format!("unknown call {shown:?}"))
}

fn unsigned(field: &Field<'_>) -> Result<u32, Fault> {
    field.integer(0..=i64::from(u32::MAX)).map(protocol::wrapped)
}

/// A handle: a number, a kept name, or an object that asks for the number kept under a name.
fn handle<'a>(fields: &mut Fields<'a>, key: &str) -> Result<Operand<'a>, Fault> {
    operand(&fields.take(key)?)
}

fn operand<'a>(field: &Field<'a>) -> Result<Operand<'a>, Fault> {
    if field.is_text() {
        return field.name().map(Operand::Name);
    }
    let Ok(mut fields) = field.fields() else {
        return unsigned(field).map(Operand::Number);
    };
    let name = fields.take("number")?.name()?;
    fields.finish()?;
    Ok(Operand::NumberOf(name))
}

/// An input of `compute`: the name and the tensor's handle.
fn input<'a>(field: &Field<'a>) -> Result<(Text, Operand<'a>), Fault> {
    match field.list(2)?.as_slice() {
        [name, tensor] => Ok((text(name)?, operand(tensor)?)),
        _ => Err(Fault::new("inputs: each is an array of a name and a tensor")),
    }
}

fn string(fields: &mut Fields<'_>, key: &str) -> Result<Text, Fault> {
    text(&fields.take(key)?)
}

/// A string, or an object with any bytes at all.
fn text(field: &Field<'_>) -> Result<Text, Fault> {
    if field.is_text() {
        return Ok(field.text()?.into_owned().into_bytes());
    }
    let mut fields = field.fields()?;
    let bytes = fields.take("bytes")?.bytes()?.decode()?;
    fields.finish()?;
    Ok(bytes)
}
