//! The fingerprint: which code produced a value.
//!
//! A function's fingerprint is the hash of its own tokens and of those of every item of its crate that it
//! reaches by name. The way there:
//!
//! ```text
//! crate_root -> modules -> source (lexer -> token -> items (header, uses, inclusion)) -> index
//!                                                                                         |
//! the function -> stream -> token -> facts (digest, attribute, mentions) -> reach -> covered -> expression
//! ```
//!
//! What counts, how names are followed and what cannot be seen: `README.md` beside this file.

mod attribute;
mod compilation;
mod conditions;
mod covered;
mod crate_root;
mod crossing;
mod definitions;
mod dep_info;
mod digest;
mod expression;
mod facts;
mod header;
mod hidden_fields;
mod inclusion;
mod index;
mod items;
mod known_macros;
mod layout;
mod leads;
mod lexer;
mod linker;
mod links;
mod local_items;
mod lock;
mod made_names;
mod manifest;
mod mentions;
mod modules;
mod named_files;
mod native;
mod place;
mod program;
mod published;
mod reach;
mod reached;
mod read_by_macros;
mod source;
mod stream;
mod surroundings;
mod token;
mod toml;
mod tracked;
mod unresolved;
mod uses;
mod variables;
mod visibility;
mod words;

pub(crate) use crate_root::{lifetimes_of, modules_of_crate};
pub(crate) use expression::{Code, Fingerprint, Function, Options, of_function, warning};
pub(crate) use hidden_fields::{Hidden, How, Use, hidden_fields};
pub(crate) use surroundings::{Kind, Position, Surroundings};
pub(crate) use tracked::tracked;
pub(crate) use visibility::visibility_in_crate;

#[cfg(test)]
mod odd_sources;
#[cfg(test)]
mod tests;
