//! Handles that requests know by name.

use std::borrow::Cow;
use std::collections::BTreeMap;

use protocol::Fault;

use crate::candidate::{Handle, Kind};

/// What stands for a handle in a request.
pub enum Operand<'a> {
    /// The number itself.
    Number(Handle),
    /// The name under which a resource was kept.
    Name(Cow<'a, str>),
    /// The number of what was kept under this name, whatever its kind.
    NumberOf(Cow<'a, str>),
}

/// Handles by name, also those whose resource is gone, so that they can be used once more.
#[derive(Default)]
pub struct Kept {
    resources: BTreeMap<String, Resource>,
}

struct Resource {
    kind: Kind,
    handle: Handle,
    /// Whether the guest still owns it, as far as its own calls tell.
    owned: bool,
}

impl Kept {
    /// The number that `operand` stands for. What is used by its name has to be of this kind.
    pub fn handle(&self, kind: Kind, operand: &Operand<'_>) -> Result<Handle, Fault> {
        match operand {
            Operand::Number(number) => Ok(*number),
            Operand::Name(name) => match self.resources.get(name.as_ref()) {
                Some(resource) if resource.kind == kind => Ok(resource.handle),
                Some(resource) => {
                    Err(Fault::new(format!("{name:?} names a resource of kind {}, not {kind}", resource.kind)))
                }
                None => Err(Fault::new(format!("no {kind} is named {name:?}"))),
            },
            Operand::NumberOf(name) => {
                let resource = self.resources.get(name.as_ref());
                resource.map(|resource| resource.handle).ok_or_else(|| Fault::new(format!("nothing is named {name:?}")))
            }
        }
    }

    /// Keeps a new resource under a name that is free.
    pub fn insert(&mut self, name: &str, kind: Kind, handle: Handle) {
        self.resources.insert(name.to_owned(), Resource { kind, handle, owned: true });
    }

    /// Frees a name; what it still owned is the caller's to drop.
    pub fn remove(&mut self, name: &str) -> Option<(Kind, Handle)> {
        self.resources.remove(name).filter(|resource| resource.owned).map(|resource| (resource.kind, resource.handle))
    }

    /// The names of the list kept under `name`: `name.0`, `name.1`, ...
    pub fn list(&self, name: &str) -> Vec<String> {
        let of_list = |known: &&String| {
            let index = known.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
            index.is_some_and(|index| !index.is_empty() && index.bytes().all(|digit| digit.is_ascii_digit()))
        };
        self.resources.keys().filter(of_list).cloned().collect()
    }

    /// Notes that a handle left this component, under whatever names it is kept; the names stay.
    pub fn gone(&mut self, kind: Kind, handle: Handle) {
        let same = |resource: &&mut Resource| resource.kind == kind && resource.handle == handle;
        for resource in self.resources.values_mut().filter(same) {
            resource.owned = false;
        }
    }

    /// Frees all names. How many there were, and what they still owned: contexts before graphs, as they depend on them.
    pub fn clear(&mut self) -> (usize, Vec<(Kind, Handle)>) {
        let resources = std::mem::take(&mut self.resources);
        let count = resources.len();
        let owned = resources.into_values().filter(|resource| resource.owned);
        let mut owned: Vec<_> = owned.map(|resource| (resource.kind, resource.handle)).collect();
        owned.sort_unstable();
        (count, owned)
    }
}
