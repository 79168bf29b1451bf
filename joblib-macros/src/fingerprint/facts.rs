//! What a piece of code shows by itself: its digest, the names it uses, and what else decides its meaning.

use super::index::{Id, Index};
use super::items::{What, ends_head, skip_attributes};
use super::mentions::{self, Mention};
use super::source::Source;
use super::token::Tokens;
use super::{digest, inclusion, read_by_macros, unresolved};
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_128;

/// All that reaching and hashing need to know of a piece of code.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) digest: u128,
    /// The uses of names, each once.
    pub(super) mentions: Vec<Mention<String>>,
    /// Predicates of `cfg`, as text. Only the compiler knows which of them hold.
    pub(super) conditions: Vec<String>,
    /// Environment variables that `env!` reads.
    pub(super) variables: Vec<String>,
    /// Environment variables that only say where a file is; the file itself counts.
    pub(super) variables_of_paths: Vec<String>,
    /// The pieces that macros put names together from, in other crates too.
    pub(super) pieces: Vec<BTreeSet<String>>,
    /// The names that only a macro can have given a meaning.
    pub(super) unresolved: Vec<String>,
    /// Files of code that is included.
    included: BTreeSet<PathBuf>,
    /// Files that macros may read.
    pub(super) files: BTreeSet<PathBuf>,
    /// Whether there were too many of them.
    pub(super) is_cut: bool,
    /// The hash of the positions that the code exposes; 0 if it exposes none.
    pub(super) positions: u128,
    /// Whether names are imported inside of it.
    pub(super) has_use: bool,
}

impl Facts {
    /// Of an item of the index, at its place in the module tree.
    pub(super) fn of_item(index: &Index, id: Id) -> Self {
        let (item, source) = (index.item(id), index.source(id));
        let module = index.module_path(id);
        let mut parts = vec![text_digest(&module.join("::"))];
        let mut facts = Self::empty();
        if let What::Import { path, .. } | What::Glob { path } = &item.what {
            // However the tree is written, this is the one leaf that counts.
            parts.push(text_digest(&path.join("::")));
            parts.push(text_digest(item.name().unwrap_or("*")));
            let start = item.tokens.start;
            facts.add_conditions(&source.tokens, start..skip_attributes(&source.tokens, start));
        } else {
            for range in item.all_tokens() {
                parts.push(digest::digest(&source.tokens, range.clone()));
                facts.add_code(index, &source.tokens, range, source.path.parent(), &mut parts);
            }
            if let What::Implementation { of, .. } = &item.what {
                facts.implements(of, &source.tokens, item.tokens.clone());
            }
            // The position that a macro exposes is that of its call.
            if item.what != What::Macro {
                if item.all_tokens().any(|range| inclusion::tells_file(&source.tokens, range)) {
                    facts.positions =
                        digest::combine(&[facts.positions, text_digest(&in_package(&source.path))]);
                }
                parts.extend((facts.positions != 0).then_some(facts.positions));
            }
        }
        for (tokens, attributes) in index.gates(&module) {
            facts.add_conditions(tokens, attributes.clone());
            // One of them may be a macro, which gets the whole module.
            facts.add_names(tokens, attributes);
        }
        facts.settle(&parts)
    }

    /// The facts of code that the compiler hands over; `directory` is that of its file.
    pub(super) fn of_tokens(index: &Index, tokens: &Tokens, directory: Option<&Path>) -> Self {
        let mut facts = Self::empty();
        let mut parts = vec![digest::digest(tokens, 0..tokens.len())];
        facts.add_code(index, tokens, 0..tokens.len(), directory, &mut parts);
        facts.settle(&parts)
    }

    /// The header of an implementation names a trait, but does not reach that trait's other implementations.
    fn implements(&mut self, of: &str, tokens: &Tokens, range: Range<usize>) {
        let Some(body) = tokens.trees(range.clone()).find(|&at| ends_head(tokens, at)) else { return };
        let mut is_named = false;
        mentions::visit(tokens, body..range.end, &mut |mention| is_named |= mention.name() == of);
        if !is_named {
            self.mentions.retain(|mention| mention.name() != of);
            self.mentions.push(Mention::Implemented(of.to_owned()));
        }
    }

    fn empty() -> Self {
        Self {
            digest: 0,
            mentions: Vec::new(),
            conditions: Vec::new(),
            variables: Vec::new(),
            variables_of_paths: Vec::new(),
            pieces: Vec::new(),
            unresolved: Vec::new(),
            included: BTreeSet::new(),
            files: BTreeSet::new(),
            is_cut: false,
            positions: 0,
            has_use: false,
        }
    }

    /// What the code in this range says besides its digest.
    pub(super) fn add_code(
        &mut self,
        index: &Index,
        tokens: &Tokens,
        range: Range<usize>,
        directory: Option<&Path>,
        parts: &mut Vec<u128>,
    ) {
        self.add_names(tokens, range.clone());
        if !index.made().is_empty() {
            let unresolved =
                unresolved::names(tokens, range.clone(), |name| index.knows(name) || index.is_module(name));
            self.unresolved.extend(unresolved.into_iter().map(str::to_owned));
        }
        // Everything else comes from macros and attributes.
        let begins_one = |at| tokens.is_punct(at, '!') || tokens.is_punct(at, '#');
        if !range.clone().any(begins_one) {
            return;
        }
        self.add_conditions(tokens, range.clone());
        let (variables, of_paths) = inclusion::variables(tokens, range.clone());
        self.variables.extend(variables);
        self.variables_of_paths.extend(of_paths);
        let read = read_by_macros::of(index, tokens, range.clone(), directory);
        self.mentions.extend(read.names.into_iter().map(Mention::Built));
        self.pieces.extend(read.pieces);
        self.variables.extend(read.variables);
        parts.extend(&read.files.digests);
        self.files.extend(read.files.files);
        self.is_cut |= read.files.is_cut;
        let places = inclusion::positions(tokens, range.clone()).chain(read.positions);
        let places: Vec<u128> = places.filter_map(|at| tokens.place(at)).collect();
        if !places.is_empty() {
            self.positions = digest::combine(&[&[self.positions], &places[..]].concat());
        }
        // Where that is not known, the caller is an editor, which has no use for files.
        let Some(directory) = directory else { return };
        for path in inclusion::data_files(tokens, range.clone()) {
            parts.push(std::fs::read(directory.join(path)).map_or(0, |bytes| xxh3_128(&bytes)));
        }
        for path in inclusion::code_files(tokens, range).into_iter().chain(read.code) {
            let Some(source) = Source::read(&directory.join(path)) else { continue };
            // A file can include itself.
            if self.included.insert(source.path.clone()) {
                let whole = 0..source.tokens.len();
                parts.push(digest::digest(&source.tokens, whole.clone()));
                self.add_code(index, &source.tokens, whole, source.path.parent(), parts);
            }
        }
    }

    fn add_names(&mut self, tokens: &Tokens, range: Range<usize>) {
        mentions::visit(tokens, range.clone(), &mut |mention| self.mentions.push(mention.to_owned()));
        self.has_use |= range.clone().any(|at| tokens.is_ident(at, "use"));
    }

    /// `cfg!(..)`, `#[cfg(..)]`, and the first part of `#[cfg_attr(..)]`.
    fn add_conditions(&mut self, tokens: &Tokens, range: Range<usize>) {
        for at in range {
            let words = ["cfg", "cfg_attr"];
            let Some(word) = words.into_iter().find(|word| tokens.is_ident(at, word)) else { continue };
            let open = at + 1 + usize::from(tokens.is_punct(at + 1, '!'));
            if !tokens.is_open(open, "(") {
                continue;
            }
            let inside = tokens.inside(open);
            let predicate = match word {
                "cfg_attr" => {
                    inside.start
                        ..tokens.after(inside.start + usize::from(tokens.is_open(inside.start + 1, "(")))
                }
                _ => inside,
            };
            // In a macro's definition, `$name` stands for what is not known here.
            if !predicate.clone().any(|at| tokens.is_punct(at, '$')) && !predicate.is_empty() {
                let words: Vec<_> = predicate.map(|at| tokens.text(at)).collect();
                self.conditions.push(words.join(" "));
            }
        }
    }

    fn settle(mut self, parts: &[u128]) -> Self {
        self.mentions.sort_unstable();
        self.mentions.dedup();
        self.digest = digest::combine(parts);
        self
    }
}

/// The path of a file from its package on.
fn in_package(path: &Path) -> String {
    let package = path.ancestors().skip(1).find(|path| path.join("Cargo.toml").is_file());
    let inside = package.and_then(|package| path.strip_prefix(package).ok()).unwrap_or(path);
    inside.to_string_lossy().into_owned()
}

fn text_digest(text: &str) -> u128 {
    xxh3_128(text.as_bytes())
}
