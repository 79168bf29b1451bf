//! Fields that serde leaves out of the types that a function takes and returns, as far as their sources show.

use super::attribute::Attribute;
use super::index::Id;
use super::items::{What, end_of_item, first_word};
use super::leads::{CrateId, Lead};
use super::program::{OWN, Program};
use super::stream::tokens_of;
use super::token::{Kind, Tokens};
use super::words::{is_keyword, is_std};
use proc_macro2::TokenStream;
use std::collections::BTreeSet;
use std::ops::Range;

/// Something that serde may leave out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hidden {
    /// `Config.log`, `Shape::Circle.0`, or the type alone.
    pub(crate) name: String,
    /// The attribute, as `skip`.
    pub(crate) by: &'static str,
    pub(crate) how: How,
}

/// How much is known of what an attribute hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum How {
    /// It does.
    Surely,
    /// It may: user code decides.
    Perhaps,
}

/// What a type is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Argument,
    Result,
}

/// serde's attributes that hide something: from results alone, where the last is set.
const ATTRIBUTES: &[(&str, How, bool)] = &[
    ("skip", How::Surely, false),
    ("skip_serializing", How::Surely, false),
    ("skip_serializing_if", How::Perhaps, false),
    ("skip_deserializing", How::Surely, true),
    ("untagged", How::Perhaps, false),
    ("into", How::Perhaps, false),
    ("from", How::Perhaps, true),
    ("try_from", How::Perhaps, true),
    ("remote", How::Perhaps, false),
    ("with", How::Perhaps, false),
    ("serialize_with", How::Perhaps, false),
    ("deserialize_with", How::Perhaps, true),
];

/// What serde hides of the program's types in this type, and in the types of their fields.
pub(crate) fn hidden_fields(of: TokenStream, used_as: Use) -> BTreeSet<Hidden> {
    Program::of_process().map_or_else(BTreeSet::new, |program| find(program, of, used_as))
}

fn find(program: &Program, of: TokenStream, used_as: Use) -> BTreeSet<Hidden> {
    let tokens = tokens_of(of);
    let mut search =
        Search { program, used_as, found: BTreeSet::new(), seen: BTreeSet::new(), pending: Vec::new() };
    search.types(OWN, &tokens, 0..tokens.len());
    while let Some((krate, id)) = search.pending.pop() {
        search.item(krate, id);
    }
    search.found
}

struct Search<'p> {
    program: &'p Program,
    used_as: Use,
    found: BTreeSet<Hidden>,
    seen: BTreeSet<(CrateId, Id)>,
    pending: Vec<(CrateId, Id)>,
}

impl Search<'_> {
    /// All types that these tokens of a crate may name.
    fn types(&mut self, krate: CrateId, tokens: &Tokens, range: Range<usize>) {
        let names = range.filter_map(|at| tokens.ident(at)).filter(|name| !is_keyword(name) && !is_std(name));
        let names: Vec<&str> = names.collect();
        for name in &names {
            self.named(krate, name, true);
            // `other::Config`
            for lead in self.program.crates[krate].leads().named(name) {
                if lead.target.is_none() {
                    names.iter().for_each(|name| self.named(lead.to, name, false));
                }
            }
        }
    }

    /// The types of this name in a crate, and what it imports by it.
    fn named(&mut self, krate: CrateId, name: &str, through_globs: bool) {
        const MOST_IMPORTS: usize = 16;
        let mut pending = vec![(krate, name.to_owned())];
        for _ in 0..MOST_IMPORTS {
            let Some((krate, name)) = pending.pop() else { return };
            let (index, leads) = (self.program.crates[krate].index(), self.program.crates[krate].leads());
            for &id in index.named(&name) {
                let item = index.item(id);
                match &item.what {
                    What::Type if item.name() == Some(&*name) && !index.is_left_out(id) => {
                        self.pending.extend(self.seen.insert((krate, id)).then_some((krate, id)));
                    }
                    What::Import { path, .. } => {
                        let last = path.last().filter(|last| **last != name);
                        pending.extend(last.map(|last| (krate, last.clone())));
                    }
                    _ => {}
                }
            }
            let leads_to = leads.named(&name).iter();
            pending.extend(leads_to.filter_map(|lead| Some((lead.to, lead.target.clone()?))));
            if through_globs && !index.defines(&name) {
                pending.extend(leads.globs(None).into_iter().map(|to| (to, name.clone())));
            }
        }
    }

    fn item(&mut self, krate: CrateId, id: Id) {
        let index = self.program.crates[krate].index();
        let (item, tokens) = (index.item(id), &index.source(id).tokens);
        let Some(name) = item.name() else { return };
        let word = first_word(tokens, item.tokens.start);
        if tokens.is_ident(word, "type") {
            return self.types(krate, tokens, word + 2..item.tokens.end);
        }
        self.attributes(krate, tokens, item.tokens.start, name);
        let fields = match end_of_item(tokens, word, item.tokens.end) {
            Some((_, Some(inside))) => inside,
            // A tuple struct's parentheses.
            _ => match (word..item.tokens.end).find(|&at| tokens.is_open(at, "(")) {
                Some(open) => tokens.inside(open),
                None => return,
            },
        };
        if tokens.is_ident(word, "enum") {
            self.variants(krate, tokens, fields, name);
        } else {
            self.fields(krate, tokens, fields, name);
        }
    }

    fn variants(&mut self, krate: CrateId, tokens: &Tokens, inside: Range<usize>, of: &str) {
        for variant in parts(tokens, inside) {
            let start = super::items::skip_attributes(tokens, variant.start);
            let name = format!("{of}::{}", tokens.text(start));
            if self.attributes(krate, tokens, variant.start, &name) {
                continue;
            }
            if tokens.kind(start + 1) == Some(Kind::Open) {
                self.fields(krate, tokens, tokens.inside(start + 1), &name);
            }
        }
    }

    fn fields(&mut self, krate: CrateId, tokens: &Tokens, inside: Range<usize>, of: &str) {
        for (number, field) in parts(tokens, inside).enumerate() {
            let start = first_word(tokens, field.start);
            let is_named = tokens.is_punct(start + 1, ':') && !tokens.is_path_sign(start + 1);
            let name = if is_named { tokens.text(start).to_owned() } else { number.to_string() };
            let of_type = start + usize::from(is_named) * 2..field.end;
            if !is_empty_type(tokens, of_type.clone())
                && !self.attributes(krate, tokens, field.start, &format!("{of}.{name}"))
            {
                self.types(krate, tokens, of_type);
            }
        }
    }

    /// Looks at the attributes from here on; whether they hide the whole.
    fn attributes(&mut self, krate: CrateId, tokens: &Tokens, start: usize, name: &str) -> bool {
        let (mut at, mut is_hidden) = (start, false);
        while let Some(attribute) = Attribute::at(tokens, at) {
            at = attribute.end;
            // Also inside `cfg_attr`.
            let lists =
                attribute.inside.filter(|&at| tokens.is_ident(at, "serde") && tokens.is_open(at + 1, "("));
            for option in lists.flat_map(|at| parts(tokens, tokens.inside(at + 1))) {
                let word = tokens.text(option.start);
                let known = ATTRIBUTES.iter().find(|(known, ..)| *known == word);
                if let Some(&(by, how, only_results)) = known
                    && (self.used_as == Use::Result || !only_results)
                    && !hides_nothing(by, tokens.text(option.end - 1), |of| self.is_own(krate, of))
                {
                    self.found.insert(Hidden { name: name.to_owned(), by, how });
                    is_hidden |= how == How::Surely;
                }
            }
        }
        is_hidden
    }

    /// Whether the path in a crate may lead to one of the program's own types.
    fn is_own(&self, krate: CrateId, path: &str) -> bool {
        let (index, leads) = (self.program.crates[krate].index(), self.program.crates[krate].leads());
        let name = path.rsplit("::").next().unwrap_or(path);
        let is_there = |lead: &Lead| {
            self.program.crates[lead.to].index().is_own_type(lead.target.as_deref().unwrap_or(name))
        };
        index.is_own_type(name) || path.split("::").flat_map(|word| leads.named(word)).any(is_there)
    }
}

/// Whether values of a type are all the same.
fn is_empty_type(tokens: &Tokens, range: Range<usize>) -> bool {
    let mut words = range.clone().filter(|&at| tokens.kind(at) != Some(Kind::Punct));
    let last_of_path = words.find(|&at| !tokens.is_path_sign(at + 1));
    last_of_path.is_some_and(|at| {
        tokens.is_ident(at, "PhantomData") || tokens.is_open(at, "(") && tokens.inside(at).is_empty()
    })
}

/// Whether the option names a function of which it is known that it hides nothing: what is left out if it is
/// empty has one value then. Of the program's own types nobody knows what they call empty.
fn hides_nothing(by: &str, function: &str, is_own: impl Fn(&str) -> bool) -> bool {
    const EMPTY: &[&str] = &["is_none", "is_empty"];
    let function = function.trim_matches('"');
    match by {
        "skip_serializing_if" => {
            let (path, name) = function.rsplit_once("::").unwrap_or(("", function));
            let of = path.rsplit("::").next().unwrap_or(path);
            let is_type = of.starts_with(|char: char| char == '<' || char.is_uppercase());
            is_type && EMPTY.contains(&name) && !is_own(path) || (of, name) == ("Not", "not")
        }
        // All of the bytes.
        "with" | "serialize_with" | "deserialize_with" => function.split("::").next() == Some("serde_bytes"),
        _ => false,
    }
}

/// What commas separate, those between angle brackets left out.
fn parts(tokens: &Tokens, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut start = range.start;
    std::iter::from_fn(move || {
        if start >= range.end {
            return None;
        }
        let mut depth = 0usize;
        let ends = |&at: &usize| {
            if tokens.is_punct(at, '<') {
                depth += 1;
            } else if tokens.is_punct(at, '>') && !tokens.is_punct(at - 1, '-') {
                depth = depth.saturating_sub(1);
            }
            depth == 0 && tokens.is_punct(at, ',')
        };
        let end = tokens.trees(start..range.end).find(ends).unwrap_or(range.end);
        let part = start..end;
        start = end + 1;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::super::index::Index;
    use super::super::modules::load;
    use super::*;

    const TYPES: &str = r#"
        use self::deep::Inner as Renamed;
        type Alias = Vec<Config>;
        #[derive(Serialize)]
        struct Config { rate: f64, #[serde(skip)] log: Log, #[serde(default, skip_serializing_if = "f")] pub more: HashMap<u8, Deep<T>> }
        struct Log { #[serde(skip)] never_seen: u8 }
        #[derive(Serialize)] #[serde(into = "u8")] struct Deep<T>(#[cfg_attr(x, serde(serialize_with = "f"))] u8, pub Renamed);
        mod deep { pub struct Inner { #[serde(skip_deserializing)] back: u8 } }
        #[serde(untagged)] enum Shape { Circle(f64), #[serde(skip)] Square, Other { #[serde(with = "m")] a: u8 } }
        struct Loop { again: Option<Box<Loop>>, shape: Shape }
        struct Mine;
        struct Whole {
            #[serde(default, skip_serializing_if = "Option::is_none")] a: Option<u8>,
            #[serde(skip_serializing_if = "std::vec::Vec::is_empty", default)] b: Vec<u8>,
            #[serde(with = "serde_bytes")] c: Vec<u8>,
            #[serde(skip_serializing_if = "Mine::is_empty")] d: Mine,
            #[serde(skip_serializing_if = "is_empty")] e: Vec<u8>,
            #[serde(skip_serializing_if = "<[_]>::is_empty")] f: Box<[u8]>,
            #[serde(skip_serializing_if = "IndexMap::is_empty")] g: IndexMap<u8, u8>,
            #[serde(skip_serializing_if = "std::ops::Not::not")] h: bool,
            #[serde(skip)] i: std::marker::PhantomData<Log>,
            #[serde(skip)] j: (),
            #[serde(rename = "l", default, flatten)] k: Option<u8>,
        }
    "#;

    fn names(of: &str, used_as: Use) -> Vec<String> {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("lib.rs");
        std::fs::write(&root, TYPES).unwrap();
        let found = find(&Program::of_index(Index::build(load(&root), None)), of.parse().unwrap(), used_as);
        found.into_iter().map(|hidden| format!("{} {}", hidden.name, hidden.by)).collect()
    }

    #[test]
    fn hidden_fields_are_found_through_aliases_and_fields() {
        let deep = ["Deep into", "Deep.0 serialize_with"];
        let config = ["Config.log skip", "Config.more skip_serializing_if"];
        assert_eq!(names("&Alias", Use::Argument), [&config[..], &deep].concat());
        let result = [&config[..], &deep, &["Inner.back skip_deserializing"]].concat();
        assert_eq!(names("Result<Alias, Error>", Use::Result), result);
        assert_eq!(
            names("Loop", Use::Argument),
            ["Shape untagged", "Shape::Other.a with", "Shape::Square skip"]
        );
        assert!(names("Vec<f64>", Use::Argument).is_empty());
        assert_eq!(
            names("Whole", Use::Result),
            ["Whole.d skip_serializing_if", "Whole.e skip_serializing_if"]
        );
    }
}
