//! Names that no source spells out: those that macros and derives make up, and code that makes up the names
//! it uses.

use super::attribute::Attribute;
use super::definitions::{Definition, Definitions};
use super::inclusion;
use super::index::{Id, Index};
use super::items::What;
use super::known_macros::known;
use super::token::Tokens;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;
use std::sync::OnceLock;

/// What a crate's macros may make up.
#[derive(Debug, Default)]
pub(super) struct MadeNames {
    pub(super) definitions: Definitions,
    /// Calls in item position that may make anything.
    opaque: Vec<Id>,
    /// Calls that make names of these pieces, as [`plain`] has them.
    builders: Vec<(Id, HashSet<String>)>,
    /// Items whose derives and attributes may make others that are named after them.
    attributed: Vec<(Id, String)>,
    /// Every name of the crate, as [`plain`] has it.
    plain_names: OnceLock<BTreeMap<String, Vec<String>>>,
}

/// Derives that make implementations and no items.
#[rustfmt::skip]
const DERIVES: &[&str] = &[
    "Clone", "Copy", "Debug", "Default", "Deserialize", "Display", "Eq", "Error", "From", "Hash", "Into", "Ord",
    "PartialEq", "PartialOrd", "Pod", "Serialize", "Zeroable",
];

/// Attributes that make no items.
#[rustfmt::skip]
const ATTRIBUTES: &[&str] = &[
    "async_trait", "cached", "cfg", "cfg_attr", "derive", "global_allocator", "instrument", "link", "macro_export",
    "macro_use", "main", "no_mangle", "non_exhaustive", "parallel_for", "path", "repr", "serde", "target_feature",
    "test", "unsafe", "used",
];

impl MadeNames {
    pub(super) fn of(index: &Index) -> Self {
        let macros = index.ids().filter(|&id| index.item(id).what == What::Macro);
        let definitions = Definitions::of(macros.filter_map(|id| {
            let item = index.item(id);
            Some((item.name()?, &index.source(id).tokens, item.tokens.clone()))
        }));
        let mut made = Self { definitions, ..Self::default() };
        for id in index.ids() {
            made.add(index, id);
        }
        made
    }

    fn add(&mut self, index: &Index, id: Id) {
        let (item, tokens) = (index.item(id), &index.source(id).tokens);
        match &item.what {
            What::Generated { of } => match self.definitions.get(of) {
                Some(definition) => {
                    if definition.builds_names {
                        let pieces = pieces_of_call(tokens, item.tokens.clone(), definition);
                        self.builders.push((id, plain_pieces(&pieces)));
                    }
                    let is_unknown = |name: &String| self.definitions.get(name).is_none() && is_opaque(name);
                    // The contents of a file are known where the file itself is named.
                    let includes = definition.calls.contains("include");
                    if includes || definition.calls.iter().any(is_unknown) {
                        self.opaque.push(id);
                    }
                }
                None if of == "paste" => {
                    let pieces = inclusion::pieces(tokens, item.tokens.clone()).collect();
                    self.builders.push((id, plain_pieces(&pieces)));
                }
                None if is_opaque(of) => self.opaque.push(id),
                None => {}
            },
            What::Value | What::Type | What::Trait => {
                if let (Some(name), true) = (item.name(), makes_more(tokens, item.tokens.clone())) {
                    self.attributed.push((id, plain(name)));
                }
            }
            _ => {}
        }
    }

    /// Whether anything may make up names.
    pub(super) fn is_empty(&self) -> bool {
        self.opaque.is_empty() && self.builders.is_empty() && self.attributed.is_empty()
    }

    /// What may have made the item with this name, which no visible item has.
    pub(super) fn makers(&self, name: &str) -> impl Iterator<Item = Id> + use<'_> {
        let name = plain(name);
        let called_after = {
            let name = name.clone();
            move |(id, item): &(Id, String)| name.contains(item.as_str()).then_some(*id)
        };
        let builders = self.builders.iter().filter(move |(_, pieces)| is_built(&name, pieces));
        self.opaque
            .iter()
            .copied()
            .chain(builders.map(|(id, _)| *id))
            .chain(self.attributed.iter().filter_map(called_after))
    }

    /// The names of the crate that can be put together from these pieces.
    pub(super) fn built_of(&self, index: &Index, pieces: &BTreeSet<String>) -> Vec<String> {
        let names = self.plain_names.get_or_init(|| {
            let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for name in index.names() {
                names.entry(plain(name)).or_default().push(name.to_owned());
            }
            names
        });
        let pieces = plain_pieces(pieces);
        let mut built = Vec::new();
        for first in &pieces {
            let candidates = names.range(first.clone()..).take_while(|(name, _)| name.starts_with(first));
            for (name, spelled) in candidates.filter(|(name, _)| name.len() > first.len()) {
                if is_built(name, &pieces) {
                    built.extend(spelled.iter().cloned());
                }
            }
        }
        built
    }
}

/// The pieces of which a call of the crate's own macro makes names.
pub(super) fn pieces_of_call(
    tokens: &Tokens,
    call: Range<usize>,
    definition: &Definition,
) -> BTreeSet<String> {
    inclusion::pieces(tokens, call).chain(definition.pieces.iter().cloned()).collect()
}

/// Whether a macro of another crate may make anything.
pub(super) fn is_opaque(name: &str) -> bool {
    name != "paste" && known(name).is_none()
}

/// Whether a derive or an attribute may make other items.
fn makes_more(tokens: &Tokens, item: Range<usize>) -> bool {
    let mut at = item.start;
    while let Some(attribute) = Attribute::at(tokens, at) {
        let makes = match attribute.name(tokens) {
            "derive" => {
                let last = |&at: &usize| tokens.ident(at).is_some() && !tokens.is_path_sign(at + 1);
                let mut derives = attribute.inside.clone().skip(1).filter(last);
                derives.any(|at| !DERIVES.contains(&tokens.text(at)))
            }
            name => !attribute.is_idle(tokens) && !ATTRIBUTES.contains(&name),
        };
        if makes {
            return true;
        }
        at = attribute.end;
    }
    false
}

/// Without underscores and capitals, for macros change both: `stage_one`, `StageOne` and `STAGE_ONE` are one.
fn plain(name: &str) -> String {
    name.chars().filter(|&char| char != '_').flat_map(char::to_lowercase).collect()
}

fn plain_pieces(pieces: &BTreeSet<String>) -> HashSet<String> {
    pieces.iter().map(|piece| plain(piece)).filter(|piece| !piece.is_empty()).collect()
}

/// Whether the name is made of pieces and numbers.
fn is_built(name: &str, pieces: &HashSet<String>) -> bool {
    let longest = pieces.iter().map(String::len).max().unwrap_or(0);
    // Whether what is before each place can be built.
    let mut built = vec![false; name.len() + 1];
    built[0] = true;
    for start in 0..name.len() {
        if !built[start] || !name.is_char_boundary(start) {
            continue;
        }
        if name.as_bytes()[start].is_ascii_digit() {
            built[start + 1] = true;
        }
        for end in start + 1..=name.len().min(start + longest) {
            if name.is_char_boundary(end) && pieces.contains(&name[start..end]) {
                built[end] = true;
            }
        }
    }
    built[name.len()]
}
