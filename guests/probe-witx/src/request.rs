//! The calls of the witx probe, read from a line and checked as far as the line alone allows.

use std::borrow::Cow;

use protocol::{Bytes, Fault, Field, Fields, Operand};

/// Most builders, dimensions or arguments of a request; what wants more is a matter for `place` and `raw`.
const MOST: usize = 4096;

/// Most bytes of one `read` at an address.
const READ_LIMIT: i64 = 1 << 20;

/// One request.
pub enum Request<'a> {
    Hello,
    Load { builders: Vec<Bytes<'a>>, encoding: Operand<'a>, target: Operand<'a>, keep: Option<Name<'a>> },
    LoadByName { name: Cow<'a, [u8]>, keep: Option<Name<'a>> },
    InitExecutionContext { graph: Operand<'a>, keep: Option<Name<'a>> },
    SetInput { context: Operand<'a>, index: Operand<'a>, tensor: Tensor<'a>, keep: Option<Name<'a>> },
    Compute { context: Operand<'a> },
    GetOutput { context: Operand<'a>, index: Operand<'a>, size: Operand<'a> },
    Raw { function: Cow<'a, str>, arguments: Vec<Operand<'a>> },
    Place { content: Placed<'a>, at: Option<Operand<'a>>, keep: Name<'a> },
    Read(Extent<'a>),
    Overwrite { buffer: Name<'a>, content: Content<'a> },
    Grow { pages: usize },
    Reuse,
    Forget,
    Trap,
    Exit { code: i32 },
}

/// What `place` puts into memory.
pub enum Placed<'a> {
    Bytes(Bytes<'a>),
    /// Little-endian 32-bit words, such as a record that points at what was placed before.
    Words(Vec<Operand<'a>>),
}

/// A name under which something is kept.
pub type Name<'a> = Cow<'a, str>;

/// What `set_input` is given.
pub struct Tensor<'a> {
    pub dims: Vec<u32>,
    pub element: Operand<'a>,
    pub data: Bytes<'a>,
}

/// What `read` reads.
pub enum Extent<'a> {
    Buffer(Name<'a>),
    At { address: Operand<'a>, length: usize },
}

/// What `overwrite` writes.
pub enum Content<'a> {
    Fill(u8),
    Bytes(Bytes<'a>),
}

impl<'a> Request<'a> {
    /// Reads a line. Every member has to be one that the call knows.
    pub fn parse(line: &'a str) -> Result<Self, Fault> {
        let mut fields = Fields::of_request(line)?;
        let call = fields.take("call")?.text()?;
        let request = Self::of_call(&call, &mut fields)?;
        fields.finish()?;
        Ok(request)
    }

    fn of_call(call: &str, fields: &mut Fields<'a>) -> Result<Self, Fault> {
        Ok(match call {
            "hello" => Self::Hello,
            "load" => {
                let builders = fields.take("builders")?.list(MOST)?;
                Self::Load {
                    builders: builders.iter().map(Field::bytes).collect::<Result<_, _>>()?,
                    encoding: integer(fields, "encoding")?,
                    target: integer(fields, "target")?,
                    keep: keep(fields)?,
                }
            }
            "load_by_name" => Self::LoadByName { name: graph_name(&fields.take("name")?)?, keep: keep(fields)? },
            "init_execution_context" => {
                Self::InitExecutionContext { graph: handle(fields, "graph")?, keep: keep(fields)? }
            }
            "set_input" => Self::SetInput {
                context: handle(fields, "context")?,
                index: integer(fields, "index")?,
                tensor: Tensor::parse(&fields.take("tensor")?)?,
                keep: keep(fields)?,
            },
            "compute" => Self::Compute { context: handle(fields, "context")? },
            "get_output" => Self::GetOutput {
                context: handle(fields, "context")?,
                index: integer(fields, "index")?,
                size: integer(fields, "size")?,
            },
            "raw" => {
                let arguments = fields.take("arguments")?.list(MOST)?;
                Self::Raw {
                    function: fields.take("function")?.text()?,
                    arguments: arguments.iter().map(Field::operand).collect::<Result<_, _>>()?,
                }
            }
            "place" => Self::parse_place(fields)?,
            "read" => Self::Read(Extent::parse(fields)?),
            "overwrite" => Self::Overwrite { buffer: fields.take("buffer")?.name()?, content: Content::parse(fields)? },
            "grow" => Self::Grow { pages: small(&fields.take("pages")?, 65_536)? },
            "reuse" => Self::Reuse,
            "forget" => Self::Forget,
            "trap" => Self::Trap,
            "exit" => Self::Exit { code: small(&fields.take("code")?, 125)? },
            _ => return Err(unknown_call(call)),
        })
    }

    fn parse_place(fields: &mut Fields<'a>) -> Result<Self, Fault> {
        let at = fields.take_optional("at").map(|at| at.operand().and_then(|at| plain("at", at))).transpose()?;
        Ok(Self::Place { content: Placed::parse(fields)?, at, keep: fields.take("as")?.name()? })
    }
}

impl<'a> Tensor<'a> {
    fn parse(field: &Field<'a>) -> Result<Self, Fault> {
        let mut fields = field.fields()?;
        let within = |fault: Fault| fault.within("tensor");
        let dims = fields.take("dims").and_then(|dims| dims.list(MOST)).map_err(within)?;
        let dims = dims.iter().map(dimension).collect::<Result<_, _>>().map_err(within)?;
        let element = integer(&mut fields, "type").map_err(within)?;
        let data = fields.take("data").and_then(|data| data.bytes()).map_err(within)?;
        fields.finish().map_err(within)?;
        Ok(Self { dims, element, data })
    }
}

impl<'a> Placed<'a> {
    fn parse(fields: &mut Fields<'a>) -> Result<Self, Fault> {
        match (fields.take_optional("bytes"), fields.take_optional("words")) {
            (Some(bytes), None) => Ok(Self::Bytes(bytes.bytes()?)),
            (None, Some(words)) => {
                let word = |word: &Field<'a>| no_slot("words", word.operand()?);
                Ok(Self::Words(words.list(MOST)?.iter().map(word).collect::<Result<_, _>>()?))
            }
            _ => Err(Fault::new("one of the keys \"bytes\", \"words\" is wanted")),
        }
    }
}

impl<'a> Extent<'a> {
    fn parse(fields: &mut Fields<'a>) -> Result<Self, Fault> {
        if let Some(buffer) = fields.take_optional("buffer") {
            return Ok(Self::Buffer(buffer.name()?));
        }
        Ok(Self::At { address: integer(fields, "at")?, length: small(&fields.take("length")?, READ_LIMIT)? })
    }
}

impl<'a> Content<'a> {
    fn parse(fields: &mut Fields<'a>) -> Result<Self, Fault> {
        match fields.take_optional("fill") {
            Some(fill) => small(&fill, 255).map(Self::Fill),
            None => Ok(Self::Bytes(fields.take("bytes")?.bytes()?)),
        }
    }
}

fn unknown_call(call: &str) -> Fault {
    let shown: String = call.chars().take(60).collect();
    Fault::new(format!("unknown call {shown:?}"))
}

fn keep<'a>(fields: &mut Fields<'a>) -> Result<Option<Name<'a>>, Fault> {
    fields.take_optional("as").map(|field| field.name()).transpose()
}

fn dimension(field: &Field<'_>) -> Result<u32, Fault> {
    field.integer(0..=i64::from(u32::MAX)).map(protocol::wrapped)
}

/// A number from 0 to `most`, as the type that holds it.
fn small<T: TryFrom<i64>>(field: &Field<'_>, most: i64) -> Result<T, Fault> {
    T::try_from(field.integer(0..=most)?).map_err(|_| Fault::new(format!("a number up to {most} is wanted")))
}

/// A handle: a number or a kept name.
fn handle<'a>(fields: &mut Fields<'a>, key: &str) -> Result<Operand<'a>, Fault> {
    no_slot(key, fields.take(key)?.operand()?)
}

/// An integer parameter.
fn integer<'a>(fields: &mut Fields<'a>, key: &str) -> Result<Operand<'a>, Fault> {
    let operand = fields.take(key)?.operand()?;
    plain(key, operand)
}

fn plain<'a>(key: &str, operand: Operand<'a>) -> Result<Operand<'a>, Fault> {
    match operand {
        Operand::Handle(_) => Err(Fault::new(format!("{key}: an integer is wanted, not a string"))),
        other => no_slot(key, other),
    }
}

fn no_slot<'a>(key: &str, operand: Operand<'a>) -> Result<Operand<'a>, Fault> {
    match operand {
        Operand::Slot(_) => Err(Fault::new(format!("{key}: a slot is for the arguments of raw only"))),
        other => Ok(other),
    }
}

/// A graph's name: a string, or an object with any bytes at all.
fn graph_name<'a>(field: &Field<'a>) -> Result<Cow<'a, [u8]>, Fault> {
    if field.is_text() {
        return Ok(match field.text()? {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        });
    }
    let mut fields = field.fields()?;
    let bytes = fields.take("bytes").and_then(|bytes| bytes.bytes()?.decode());
    let bytes = bytes.map_err(|fault| fault.within("name"))?;
    fields.finish().map_err(|fault| fault.within("name"))?;
    Ok(Cow::Owned(bytes))
}
