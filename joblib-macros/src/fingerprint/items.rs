//! The items of a file: what can be reached by name, and where its tokens are.
//!
//! The scan goes by keyword and bracket, not by grammar: it takes any text, finds items inside function
//! bodies and inside the arguments of macros too, and errs on the side of one item too many.

use super::attribute::{self, Attribute};
use super::known_macros::{Known, known};
use super::token::{Kind, Tokens};
use super::words::{is_keyword, is_std};
use super::{header, inclusion, uses};
use std::collections::HashSet;
use std::ops::Range;

/// What an item is, as far as reaching it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A function, constant or static: reached by its name.
    Value,
    /// A struct, enum, union or alias: reached by its name, or a variant's.
    Type,
    /// Reached by its name or a method's; only the name brings all of its implementations.
    Trait,
    /// `macro_rules!`: reached by its name before an exclamation mark.
    Macro,
    /// An item of an inherent impl: reached by its name once its type is reached.
    Member { owner: String },
    /// A whole trait implementation: reached with one of these types, or with the trait.
    Implementation { of: String, types: Vec<String> },
    /// One imported name.
    Import { public: bool, path: Vec<String> },
    /// `use path::*`
    Glob { path: Vec<String> },
    /// A call of the macro `of` in the place of an item: reached by the items in it, by any other word in it,
    /// and by what the macro's definition names.
    Generated { of: String },
}

/// One item.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) what: What,
    pub(super) names: Vec<String>,
    /// The modules around it, from the file's own inwards.
    pub(super) inside: Vec<String>,
    pub(super) tokens: Range<usize>,
    /// Of an impl's member: the impl's head.
    pub(super) head: Option<Range<usize>>,
}

/// The attributes of a module, which decide whether it is compiled.
#[derive(Debug)]
pub(super) struct Gate {
    /// The module itself, from the file's own inwards.
    pub(super) module: Vec<String>,
    pub(super) attributes: Range<usize>,
}

/// A part of the module tree in another file. `inside` lists the inline modules around it in this one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Elsewhere {
    /// `mod name;`, perhaps with `#[path = ".."]`
    Module { name: String, path: Option<String>, inside: Vec<String> },
    /// `include!("path")`
    Include { path: String, inside: Vec<String> },
}

impl Item {
    /// The first name of its `Self` type, in an impl.
    pub(super) fn owner(&self) -> Option<&str> {
        match &self.what {
            What::Member { owner } => Some(owner),
            What::Implementation { types, .. } => types.first().map(String::as_str),
            _ => None,
        }
    }

    /// Its own name; enums and traits have others besides.
    pub(super) fn name(&self) -> Option<&str> {
        self.names.first().map(String::as_str)
    }

    /// Everything that is the item's, as ranges of its file's tokens.
    pub(super) fn all_tokens(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        [self.head.clone(), Some(self.tokens.clone())].into_iter().flatten()
    }
}

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) items: Vec<Item>,
    pub(super) elsewhere: Vec<Elsewhere>,
    pub(super) gates: Vec<Gate>,
}

/// Scans a file.
pub(super) fn scan(tokens: &Tokens) -> Found {
    let mut scan = Scan { tokens, inside: Vec::new(), place: Place::Module, found: Found::default() };
    scan.items(0..tokens.len());
    scan.found
}

/// What surrounds the item being scanned.
#[derive(Clone)]
enum Place {
    Module,
    /// A function's body or a constant's value.
    Body,
    Inherent {
        owner: String,
        head: Range<usize>,
    },
    /// A trait or the implementation of one, which count as a whole: only items inside their functions are
    /// new.
    Whole,
}

struct Scan<'a> {
    tokens: &'a Tokens,
    inside: Vec<String>,
    place: Place,
    found: Found,
}

impl Scan<'_> {
    fn items(&mut self, range: Range<usize>) {
        let mut at = range.start;
        while at < range.end {
            at = match self.item(at, range.end) {
                Some(next) => next.max(at + 1),
                // Not an item: look into groups, such as a block or a macro's arguments.
                None if self.tokens.kind(at) == Some(Kind::Open) => {
                    let inside = self.tokens.inside(at);
                    self.items(inside.start..inside.end.min(range.end));
                    self.tokens.after(at)
                }
                None => at + 1,
            };
        }
    }

    fn within(&mut self, place: Place, range: Range<usize>) {
        let outer = std::mem::replace(&mut self.place, place);
        self.items(range);
        self.place = outer;
    }

    /// Takes the item that begins at `start`; gives the index after it.
    fn item(&mut self, start: usize, end: usize) -> Option<usize> {
        let tokens = self.tokens;
        let public = tokens.is_ident(skip_attributes(tokens, start), "pub");
        let at = first_word(tokens, start);
        match tokens.ident(at)? {
            "fn" => self.function(start, at, end),
            "const" | "static" => self.variable(start, at, end),
            "struct" | "enum" | "union" => self.data(start, at, end),
            "type" => {
                let name = tokens.ident(at + 1)?.to_owned();
                let close = end_of_statement(tokens, at, end);
                self.push(What::Type, vec![name], start..close);
                Some(close)
            }
            "trait" => self.contract(start, at, end),
            "impl" => self.implementation(start, at, end),
            "mod" => self.module(start, at, end),
            "use" => self.imports(start, at, end, public),
            "extern" if tokens.is_ident(at + 1, "crate") => self.imports(start, at + 1, end, public),
            "macro_rules" if tokens.is_punct(at + 1, '!') => {
                let name = tokens.ident(at + 2)?.to_owned();
                let inside = tokens.inside(at + 3);
                self.push(What::Macro, vec![name], start..tokens.after(at + 3));
                for at in inside.filter(|&at| tokens.is_ident(at, "mod") && tokens.is_punct(at + 2, ';')) {
                    self.maybe_module(tokens.text(at + 1));
                }
                Some(tokens.after(at + 3))
            }
            "macro" => {
                let name = tokens.ident(at + 1)?.to_owned();
                let (close, _) = end_of_item(tokens, at, end)?;
                self.push(What::Macro, vec![name], start..close);
                Some(close)
            }
            _ => self.generated(start, at),
        }
    }

    fn function(&mut self, start: usize, at: usize, end: usize) -> Option<usize> {
        let name = self.tokens.ident(at + 1)?.to_owned();
        let (close, body) = end_of_item(self.tokens, at, end)?;
        self.push(What::Value, vec![name], start..close);
        if let Some(body) = body {
            self.within(Place::Body, body);
        }
        Some(close)
    }

    fn variable(&mut self, start: usize, at: usize, end: usize) -> Option<usize> {
        let tokens = self.tokens;
        // `lazy_static!` writes `static ref`.
        let at = at + 1 + usize::from(tokens.is_ident(at + 1, "mut") || tokens.is_ident(at + 1, "ref"));
        let name = tokens.ident(at)?.to_owned();
        if !tokens.is_punct(at + 1, ':') {
            return None;
        }
        let close = end_of_statement(tokens, at, end);
        self.push(What::Value, vec![name], start..close);
        self.within(Place::Body, at + 1..close);
        Some(close)
    }

    fn data(&mut self, start: usize, at: usize, end: usize) -> Option<usize> {
        let tokens = self.tokens;
        let mut names = vec![tokens.ident(at + 1)?.to_owned()];
        let (close, body) = end_of_item(tokens, at, end)?;
        if let (true, Some(body)) = (tokens.is_ident(at, "enum"), body) {
            names.extend(header::variants(tokens, body));
        }
        self.push(What::Type, names, start..close);
        Some(close)
    }

    fn contract(&mut self, start: usize, at: usize, end: usize) -> Option<usize> {
        let tokens = self.tokens;
        let mut names = vec![tokens.ident(at + 1)?.to_owned()];
        let (close, body) = end_of_item(tokens, at, end)?;
        if let Some(body) = body.clone() {
            names.extend(header::members(tokens, body));
        }
        self.push(What::Trait, names, start..close);
        if let Some(body) = body {
            self.within(Place::Whole, body);
        }
        Some(close)
    }

    fn implementation(&mut self, start: usize, at: usize, end: usize) -> Option<usize> {
        let (close, body) = end_of_item(self.tokens, at, end)?;
        let body = body?;
        let head = start..body.start - 1;
        let heading = header::implementation(self.tokens, at + 1..head.end);
        match heading.of {
            Some(of) => {
                self.push(What::Implementation { of, types: heading.types }, Vec::new(), start..close);
                self.within(Place::Whole, body);
            }
            None => {
                let owner = heading.owner.unwrap_or_default();
                self.within(Place::Inherent { owner, head }, body);
            }
        }
        Some(close)
    }

    fn module(&mut self, start: usize, at: usize, end: usize) -> Option<usize> {
        let tokens = self.tokens;
        let name = tokens.ident(at + 1)?.to_owned();
        let module = [&self.inside[..], std::slice::from_ref(&name)].concat();
        self.found.gates.push(Gate { module, attributes: start..at });
        if tokens.is_open(at + 2, "{") {
            let inside = tokens.inside(at + 2);
            self.inside.push(name);
            self.items(inside.start..inside.end.min(end));
            self.inside.pop();
            return Some(tokens.after(at + 2));
        }
        if tokens.is_punct(at + 2, ';') {
            let path = attribute::path_of(tokens, start..at);
            self.found.elsewhere.push(Elsewhere::Module { name, path, inside: self.inside.clone() });
            return Some(at + 3);
        }
        None
    }

    fn imports(&mut self, start: usize, at: usize, end: usize, public: bool) -> Option<usize> {
        let close = end_of_statement(self.tokens, at, end);
        // An import inside a function is part of the function.
        if !matches!(self.place, Place::Module) {
            return Some(close);
        }
        for leaf in uses::leaves(self.tokens, at + 1..close) {
            match leaf.name {
                Some(name) => self.push(What::Import { public, path: leaf.path }, vec![name], start..close),
                None => self.push(What::Glob { path: leaf.path }, Vec::new(), start..close),
            }
        }
        Some(close)
    }

    /// `path::name! { .. }` or `name!(..);`
    fn generated(&mut self, start: usize, at: usize) -> Option<usize> {
        let tokens = self.tokens;
        let mut bang = at + 1;
        while tokens.is_path_sign(bang) && tokens.ident(bang + 2).is_some() {
            bang += 3;
        }
        let open = bang + 1;
        if !tokens.is_punct(bang, '!') || tokens.kind(open) != Some(Kind::Open) {
            return None;
        }
        let inside = tokens.inside(open);
        if tokens.is_ident(bang - 1, "include")
            && let Some(path) = inclusion::path_argument(tokens, inside.clone())
        {
            // The items in that file count, each by itself.
            self.found.elsewhere.push(Elsewhere::Include { path, inside: self.inside.clone() });
            return Some(tokens.after(open));
        }
        let before = self.found.items.len();
        self.items(inside.clone());
        // Inside a function it is an expression, which the function's own tokens hold.
        if let Place::Module | Place::Inherent { .. } = self.place {
            let made = &self.found.items[before..];
            let uses = self.uses_in(inside.clone());
            let is_others =
                |at: &usize| !uses.contains(at) && !made.iter().any(|item| item.tokens.contains(at));
            let words = inside.clone().filter(is_others).filter_map(|at| tokens.ident(at));
            let mut words: Vec<_> = words.filter(|word| !is_keyword(word) && !is_std(word)).collect();
            // `paste! { fn [<make_ it>](x: u8) { x } }`: a parameter is no item.
            if inclusion::built_names(tokens, inside.clone()).next().is_some() {
                let is_typed = |at: &usize| tokens.is_punct(at + 1, ':') && !tokens.is_path_sign(at + 1);
                let typed: Vec<_> = inside.clone().filter(is_typed).map(|at| tokens.text(at)).collect();
                words.retain(|word| !typed.contains(word) || !word.starts_with(char::is_lowercase));
            }
            let is_made_of_items = words.is_empty() && !made.is_empty();
            let mut names: Vec<_> = words.iter().map(|&word| word.to_owned()).collect();
            names.extend(made.iter().flat_map(|item| item.names.iter().cloned()));
            names.sort_unstable();
            names.dedup();
            if matches!(self.place, Place::Module) {
                words.into_iter().for_each(|word| self.maybe_module(word));
            }
            let of = tokens.text(bang - 1).to_owned();
            // The items in `thread_local!` and the like are all that it makes: each counts by itself.
            let is_plain = known(&of) == Some(Known::MakesItems) && is_made_of_items;
            if !is_plain {
                self.push(What::Generated { of }, names, start..tokens.after(open));
            }
        }
        Some(tokens.after(open))
    }

    /// The places of words that use something: a macro defines none of these.
    fn uses_in(&self, range: Range<usize>) -> HashSet<usize> {
        let tokens = self.tokens;
        let attributes = range.clone().filter_map(|at| Attribute::at(tokens, at));
        let groups = inclusion::built_names(tokens, range.clone());
        let mut uses: HashSet<usize> =
            attributes.map(|attribute| attribute.inside).chain(groups).flatten().collect();
        uses.extend(range.filter(|&at| {
            let before = |sign: char| at > 0 && tokens.is_punct(at - 1, sign);
            let is_call = tokens.is_punct(at + 1, '!') && tokens.kind(at + 2) == Some(Kind::Open);
            let is_path = tokens.is_path_sign(at + 1) || at > 1 && tokens.is_path_sign(at - 2);
            is_call || is_path || before('.')
        }));
        uses
    }

    /// A macro may write `mod` before the word: where there is no such file, it does not.
    fn maybe_module(&mut self, word: &str) {
        let is_new = |other: &Elsewhere| !matches!(other, Elsewhere::Module { name, .. } if name == word);
        if word.starts_with(char::is_lowercase) && self.found.elsewhere.iter().all(is_new) {
            let (name, inside) = (word.to_owned(), self.inside.clone());
            self.found.elsewhere.push(Elsewhere::Module { name, path: None, inside });
        }
    }

    fn push(&mut self, what: What, names: Vec<String>, tokens: Range<usize>) {
        let (what, head) = match (&self.place, what) {
            (Place::Whole, _) => return,
            (Place::Inherent { owner, head }, What::Value | What::Type) => {
                (What::Member { owner: owner.clone() }, Some(head.clone()))
            }
            (_, what) => (what, None),
        };
        self.found.items.push(Item { what, names, inside: self.inside.clone(), tokens, head });
    }
}

/// The word that says what kind of item this is, behind attributes and qualifiers.
pub(super) fn first_word(tokens: &Tokens, at: usize) -> usize {
    let mut at = skip_attributes(tokens, at);
    if tokens.is_ident(at, "pub") {
        at += 1;
        if tokens.is_open(at, "(") {
            at = tokens.after(at);
        }
    }
    skip_qualifiers(tokens, at)
}

pub(super) fn skip_attributes(tokens: &Tokens, mut at: usize) -> usize {
    while let Some(attribute) = Attribute::at(tokens, at) {
        at = attribute.end;
    }
    at
}

/// `const unsafe extern "C" fn`: up to the word that says what the item is.
fn skip_qualifiers(tokens: &Tokens, mut at: usize) -> usize {
    loop {
        let next = tokens.ident(at + 1);
        at += match tokens.ident(at) {
            Some("async" | "unsafe" | "safe" | "default" | "auto") if next.is_some() => 1,
            Some("const") if matches!(next, Some("fn" | "unsafe" | "async" | "extern")) => 1,
            Some("extern")
                if tokens.kind(at + 1) == Some(Kind::Literal) && tokens.ident(at + 2).is_some() =>
            {
                2
            }
            Some("extern") if next == Some("fn") => 1,
            _ => return at,
        };
    }
}

/// Whether a group ends what stands before it. A block among generic arguments, `Grid<{ N + 1 }>`, does not.
pub(super) fn ends_head(tokens: &Tokens, at: usize) -> bool {
    let after = tokens.after(at);
    tokens.is_open(at, "{") && !tokens.is_punct(after, '>') && !tokens.is_punct(after, ',')
}

/// The end of an item that ends in a block or a semicolon, and what is inside the block.
pub(super) fn end_of_item(
    tokens: &Tokens,
    start: usize,
    end: usize,
) -> Option<(usize, Option<Range<usize>>)> {
    let ends = |&at: &usize| tokens.is_punct(at, ';') || ends_head(tokens, at);
    let at = tokens.trees(start..end).find(ends)?;
    Some((tokens.after(at), tokens.is_open(at, "{").then(|| tokens.inside(at))))
}

/// The index after the next semicolon outside groups.
pub(super) fn end_of_statement(tokens: &Tokens, start: usize, end: usize) -> usize {
    tokens.trees(start..end).find(|&at| tokens.is_punct(at, ';')).map_or(end, |at| at + 1)
}
