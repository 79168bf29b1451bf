//! What macro calls and attributes in a piece of code depend on besides their tokens: files, variables, their
//! own position; and the names that they put together.

use super::attribute::{Attribute, string_value};
use super::definitions::Definition;
use super::inclusion;
use super::index::Index;
use super::known_macros::{self, Call, Known, known};
use super::made_names::{is_opaque, pieces_of_call};
use super::named_files::{Places, Read};
use super::token::{Kind, Tokens};
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

/// All of it.
#[derive(Debug, Default)]
pub(super) struct ReadByMacros {
    pub(super) files: Read,
    pub(super) variables: Vec<String>,
    /// Paths of code that is included.
    pub(super) code: Vec<String>,
    /// Names of the crate that can be put together.
    pub(super) names: Vec<String>,
    /// Of what names can be put together.
    pub(super) pieces: Vec<BTreeSet<String>>,
    /// Where a macro of the crate's own tells the position.
    pub(super) positions: Vec<usize>,
}

/// Attributes whose texts name no files: Rust's own and joblib's.
#[rustfmt::skip]
const NO_FILES: &[&str] = &["cached", "cfg", "cfg_attr", "derive", "parallel_for", "path", "repr", "target_feature", "test"];

/// Of the calls and attributes in the range of a file in this directory, if that is known.
pub(super) fn of(
    index: &Index,
    tokens: &Tokens,
    range: Range<usize>,
    directory: Option<&Path>,
) -> ReadByMacros {
    let mut found = ReadByMacros::default();
    let mut reader = Reader { index, tokens, places: None, directory, found: &mut found };
    for call in known_macros::calls(tokens, range.clone()) {
        reader.call(&call);
    }
    for group in inclusion::built_names(tokens, range.clone()) {
        // Where something comes with the call, the call says what can be built.
        if !group.clone().any(|at| tokens.is_punct(at, '$')) {
            reader.built(&inclusion::pieces(tokens, group).collect());
        }
    }
    let mut at = range.start;
    while at < range.end {
        match Attribute::at(tokens, at) {
            Some(attribute) => {
                reader.attribute(&attribute);
                at = attribute.end;
            }
            None => at += 1,
        }
    }
    found
}

struct Reader<'r> {
    index: &'r Index,
    tokens: &'r Tokens,
    places: Option<Places>,
    directory: Option<&'r Path>,
    found: &'r mut ReadByMacros,
}

impl Reader<'_> {
    fn call(&mut self, call: &Call<'_>) {
        let tokens = self.tokens;
        if let Some(definition) = self.index.definition(call.name) {
            return self.own(call, definition);
        }
        let is_opaque = is_opaque(call.name);
        if is_opaque || call.name == "concat_idents" {
            // `f~N`, of `seq!`. Elsewhere single letters are variables, with which many names can be spelled.
            let joins = !is_opaque || call.inside.clone().any(|at| tokens.is_punct(at, '~'));
            let pieces = inclusion::pieces(tokens, call.inside.clone());
            self.built(&pieces.filter(|piece| joins || piece.len() > 1).collect());
        }
        if is_opaque {
            self.literals(call);
        }
    }

    /// A call of one of the crate's own macros.
    fn own(&mut self, call: &Call<'_>, definition: &Definition) {
        let tokens = self.tokens;
        if definition.builds_names || definition.calls.iter().any(|name| self.index.is_foreign_macro(name)) {
            self.built(&pieces_of_call(tokens, call.inside.clone(), definition));
        }
        if definition.tells_position {
            self.found.positions.push(call.at);
        }
        self.literals(call);
        let holes: Vec<String> = literals(tokens, call.inside.clone())
            .into_iter()
            .chain(inclusion::pieces(tokens, call.inside.clone()))
            .collect();
        for (name, hole) in
            definition.variables.iter().flat_map(|name| holes.iter().map(move |hole| (name, hole)))
        {
            self.found.variables.push(name.fill(hole));
        }
        for path in &definition.paths {
            let before = self.found.files.digests.len();
            for hole in &holes {
                self.literal(&path.fill(hole), false);
                if definition.calls.contains("include") {
                    self.found.code.push(path.fill(hole));
                }
            }
            if self.found.files.digests.len() == before && path.beginning().contains('/') {
                let folder = path.beginning().rsplit_once('/').map_or("", |(folder, _)| folder);
                self.read(|places, read| places.read_folder(folder, read));
            }
        }
    }

    fn built(&mut self, pieces: &BTreeSet<String>) {
        self.found.names.extend(self.index.made().built_of(self.index, pieces));
        self.found.pieces.push(pieces.clone());
    }

    fn literals(&mut self, call: &Call<'_>) {
        let folders = embeds(call.name);
        for literal in literals(self.tokens, call.inside.clone()) {
            self.literal(&literal, folders);
        }
        if folders && call.inside.is_empty() {
            self.literal("migrations", true);
        }
    }

    fn literal(&mut self, text: &str, folders: bool) {
        self.read(|places, read| places.read(text, folders, read));
    }

    fn read(&mut self, read: impl FnOnce(&Places, &mut Read)) {
        if let Some(directory) = self.directory {
            let places = self.places.get_or_insert_with(|| Places::of(directory));
            read(places, &mut self.found.files);
        }
    }

    fn attribute(&mut self, attribute: &Attribute) {
        let tokens = self.tokens;
        let name = attribute.name(tokens);
        if attribute.is_idle(tokens) || NO_FILES.contains(&name) {
            return;
        }
        for literal in literals(tokens, attribute.inside.clone()) {
            self.literal(&literal, embeds(name));
        }
    }
}

/// Whether macros and attributes of this name read folders.
fn embeds(name: &str) -> bool {
    ["dir", "embed", "folder", "migrat"].iter().any(|word| name.to_lowercase().contains(word))
}

/// The strings in the range, but for those that another macro in it makes texts of.
fn literals(tokens: &Tokens, range: Range<usize>) -> Vec<String> {
    let texts: Vec<Range<usize>> = known_macros::calls(tokens, range.clone())
        .filter(|call| matches!(known(call.name), Some(Known::Tells | Known::Formats | Known::Reads)))
        .map(|call| call.inside)
        .collect();
    let is_text = |at: usize| texts.iter().any(|text| text.contains(&at));
    let joined = inclusion::calls(tokens, range.clone(), &["concat"])
        .filter_map(|inside| inclusion::path_argument(tokens, inside));
    range
        .clone()
        .filter(|&at| tokens.kind(at) == Some(Kind::Literal) && !is_text(at))
        .filter_map(|at| string_value(tokens.text(at)))
        .chain(joined)
        .collect()
}
