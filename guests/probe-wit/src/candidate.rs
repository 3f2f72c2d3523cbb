//! What a release candidate of wasi-nn offers, with resources as the bare numbers of their handles.
//!
//! A number goes to the host as it is, also one whose resource is gone or never was: that is for the canonical ABI to
//! notice, by a trap. Values of enums go by their names in WIT, as their numbers differ between ABIs.

use std::fmt;

use protocol::Fault;

/// The number of a resource's handle in this component.
pub type Handle = u32;

/// The bytes of a string: UTF-8 unless a request or a host breaks the rules.
pub type Text = Vec<u8>;

/// What a fallible call gave: its result, or the handle of an `error`.
pub type Outcome<T> = Result<T, Handle>;

/// What a release candidate offers: its functions, in the order of its WIT.
pub struct Candidate {
    /// The ABI's name in replies.
    pub abi: &'static str,
    /// Resource `tensor`.
    pub tensor: Tensor,
    /// Resource `graph`, and the functions that make one.
    pub graph: Graph,
    /// Resource `graph-execution-context`.
    pub inference: Inference,
    /// Resource `error`.
    pub error: Error,
    /// Drops a handle of this kind.
    pub drop: fn(Kind, Handle),
}

/// Resource `tensor`.
pub struct Tensor {
    /// The constructor.
    pub new: NewTensor,
    /// Method `dimensions`.
    pub dimensions: fn(Handle) -> Vec<u32>,
    /// Method `ty`.
    pub ty: fn(Handle) -> &'static str,
    /// Method `data`.
    pub data: fn(Handle) -> Vec<u8>,
}

/// Constructor of `tensor` with the dimensions in elements, the type's name and the row-major bytes.
pub type NewTensor = fn(&[u32], &str, &[u8]) -> Result<Handle, Fault>;

/// Resource `graph`, and the functions that make one.
pub struct Graph {
    /// Function `load`.
    pub load: Load,
    /// Function `load-by-name`.
    pub load_by_name: fn(&[u8]) -> Outcome<Handle>,
    /// Method `init-execution-context`.
    pub init_execution_context: fn(Handle) -> Outcome<Handle>,
}

/// `load` with the builders' bytes and the names of the encoding and of the target.
pub type Load = fn(&[Vec<u8>], &str, &str) -> Result<Outcome<Handle>, Fault>;

/// Resource `graph-execution-context`, which is what candidates differ in most.
#[derive(Clone, Copy)]
pub enum Inference {
    /// All inputs and all outputs pass with `compute`.
    AtOnce {
        /// Method `compute`.
        compute: ComputeAtOnce,
    },
    /// Inputs and outputs pass one by one.
    OneByOne {
        /// Method `set-input`.
        set_input: SetInput,
        /// Method `compute`.
        compute: Compute,
        /// Method `get-output`.
        get_output: GetOutput,
    },
}

/// `compute` with the context and all inputs, whose tensors it takes; gives all outputs.
pub type ComputeAtOnce = fn(Handle, Vec<(Text, Handle)>) -> Outcome<Vec<(Text, Handle)>>;

/// `set-input` with the context, the input's name and a tensor, which it takes.
pub type SetInput = fn(Handle, &[u8], Handle) -> Outcome<()>;

/// `compute` with the context.
pub type Compute = fn(Handle) -> Outcome<()>;

/// `get-output` with the context and the output's name.
pub type GetOutput = fn(Handle, &[u8]) -> Outcome<Handle>;

/// Constructor of `error` with the code's name and the data.
pub type NewError = fn(&str, &[u8]) -> Result<Handle, Fault>;

/// Resource `error`.
pub struct Error {
    /// The constructor, if there is one.
    pub new: Option<NewError>,
    /// Method `code`.
    pub code: fn(Handle) -> &'static str,
    /// Method `data`.
    pub data: fn(Handle) -> Text,
}

/// The kinds of resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `graph-execution-context`
    Context,
    /// `graph`
    Graph,
    /// `tensor`
    Tensor,
    /// `error`
    Error,
}

impl Kind {
    /// Each kind with its name in requests.
    pub const NAMES: [(Self, &str); 4] =
        [(Self::Context, "context"), (Self::Graph, "graph"), (Self::Tensor, "tensor"), (Self::Error, "error")];
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(named(&Self::NAMES, *self))
    }
}

/// The value that `name` stands for in `names`.
pub fn value<T: Copy>(names: &[(T, &str)], what: &str, name: &str) -> Result<T, Fault> {
    names.iter().find(|(_, known)| *known == name).map(|(value, _)| *value).ok_or_else(|| {
        let known: Vec<&str> = names.iter().map(|(_, known)| *known).collect();
        let shown: String = name.chars().take(60).collect();
        Fault::new(format!("{what}: {shown:?} is none of {}", known.join(", ")))
    })
}

/// The name of `value` in `names`, which has one for each value.
pub fn named<T: Copy + PartialEq>(names: &[(T, &'static str)], value: T) -> &'static str {
    names.iter().find(|(known, _)| *known == value).map_or("unnamed", |(_, name)| name)
}
