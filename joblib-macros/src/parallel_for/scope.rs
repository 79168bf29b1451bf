//! Which names a piece of code has declared so far.

use std::collections::HashSet;

use syn::{Ident, Pat};

use crate::pattern::names_in;

/// The names declared since the walk began, innermost block last.
pub(crate) struct Scope(Vec<HashSet<String>>);

impl Scope {
    pub(crate) fn new() -> Self {
        Scope(vec![HashSet::new()])
    }

    pub(crate) fn enter(&mut self) {
        self.0.push(HashSet::new());
    }

    pub(crate) fn leave(&mut self) {
        self.0.pop();
    }

    pub(crate) fn declare(&mut self, name: &Ident) {
        let name = name.to_string();
        // Others are constants and variants.
        if name.starts_with(|first: char| first.is_lowercase() || first == '_')
            && let Some(innermost) = self.0.last_mut()
        {
            innermost.insert(name);
        }
    }

    /// The variables that a pattern binds.
    pub(crate) fn declare_all(&mut self, pattern: &Pat) {
        names_in(pattern).iter().for_each(|name| self.declare(name));
    }

    pub(crate) fn declares(&self, name: &str) -> bool {
        self.0.iter().any(|names| names.contains(name))
    }

    /// How many blocks we are inside of.
    pub(crate) fn depth(&self) -> usize {
        self.0.len()
    }

    /// The depth of the block that declares a name.
    pub(crate) fn depth_of(&self, name: &str) -> Option<usize> {
        self.0.iter().rposition(|names| names.contains(name))
    }
}
