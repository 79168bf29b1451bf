//! Where a crate's names lead outside of it: the names of other crates, and what it imports from them.

use super::index::{Id, Index, Module};
use super::items::{What, first_word};
use super::words::{is_keyword, is_std};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Stands for a crate of the program.
pub(super) type CrateId = usize;

/// All of a crate's.
#[derive(Debug, Default)]
pub(super) struct Leads {
    by_name: HashMap<String, Vec<Lead>>,
    /// By the module that they stand in.
    globs: HashMap<Module, Vec<Glob>>,
    /// The crates behind `#[macro_use] extern crate`.
    macros: BTreeSet<CrateId>,
}

/// One way out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lead {
    pub(super) to: CrateId,
    /// What the name means there; `None` for the crate itself.
    pub(super) target: Option<String>,
}

/// `use path::*`
#[derive(Debug)]
struct Glob {
    /// The other crates that it can import names from.
    from: BTreeSet<CrateId>,
    /// The module of this crate that it imports names from, together with that module's imports.
    own: Own,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Own {
    None,
    Module(Module),
    /// One that is unknown.
    Some,
}

impl Leads {
    pub(super) fn of(index: &Index, externs: &BTreeMap<String, Vec<CrateId>>) -> Self {
        let mut leads = Self::default();
        let mut imports: HashMap<&str, Vec<&[String]>> = HashMap::new();
        let mut globs: Vec<(Id, &[String])> = Vec::new();
        for id in index.ids() {
            match &index.item(id).what {
                What::Import { path, .. } => {
                    imports.entry(index.item(id).name().unwrap_or("")).or_default().push(path);
                    if let (true, Some(name)) = (brings_macros(index, id), path.first()) {
                        leads.macros.extend(externs.get(name).into_iter().flatten());
                    }
                }
                What::Glob { path } => globs.push((id, path)),
                _ => {}
            }
        }
        let mut resolver = Resolver { index, externs, imports, known: HashMap::new() };
        let names: Vec<&str> = resolver.imports.keys().copied().collect();
        for name in externs.keys().map(String::as_str).chain(names) {
            let found = resolver.name(name);
            if !found.is_empty() {
                leads.by_name.insert(name.to_owned(), found.into_iter().collect());
            }
        }
        for (id, path) in globs {
            let module = index.module(id);
            leads.globs.entry(module).or_default().push(resolver.glob(module, path));
        }
        leads.follow_own_globs(&resolver);
        leads
    }

    /// Where a name leads.
    pub(super) fn named(&self, name: &str) -> &[Lead] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// The crates all of whose macros can be called.
    pub(super) fn macros(&self) -> impl Iterator<Item = CrateId> {
        self.macros.iter().copied()
    }

    /// The crates whose names a module can use as its own; all of them, where the module is not known.
    pub(super) fn globs(&self, module: Option<Module>) -> BTreeSet<CrateId> {
        let (mut found, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut pending = vec![module];
        while let Some(module) = pending.pop().filter(|_| !seen.contains(&None)) {
            if !seen.insert(module) {
                continue;
            }
            let globs: Vec<&Glob> = match module {
                Some(module) => self.globs.get(&module).into_iter().flatten().collect(),
                None => self.globs.values().flatten().collect(),
            };
            for glob in globs {
                found.extend(&glob.from);
                match glob.own {
                    Own::None => {}
                    Own::Module(module) => pending.push(Some(module)),
                    Own::Some => pending.push(None),
                }
            }
        }
        found
    }

    /// A name that is imported from a module of this crate, and unknown there, may come from a `*`.
    fn follow_own_globs(&mut self, resolver: &Resolver<'_>) {
        let from: BTreeSet<CrateId> =
            self.globs.values().flatten().flat_map(|glob| glob.from.iter().copied()).collect();
        for (&name, paths) in resolver.imports.iter().filter(|_| !from.is_empty()) {
            for path in paths {
                let (Some(first), Some(last)) = (path.first(), path.last()) else { continue };
                if resolver.externs.contains_key(first) || is_std(first) || resolver.index.defines(last) {
                    continue;
                }
                let leads = self.by_name.entry(name.to_owned()).or_default();
                for &to in &from {
                    let lead = Lead { to, target: Some(last.clone()) };
                    if !leads.contains(&lead) {
                        leads.push(lead);
                    }
                }
            }
        }
    }
}

struct Resolver<'i> {
    index: &'i Index,
    externs: &'i BTreeMap<String, Vec<CrateId>>,
    imports: HashMap<&'i str, Vec<&'i [String]>>,
    /// Empty while a name is being resolved.
    known: HashMap<String, BTreeSet<Lead>>,
}

impl<'i> Resolver<'i> {
    fn name(&mut self, name: &str) -> BTreeSet<Lead> {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        self.known.insert(name.to_owned(), BTreeSet::new());
        let crates = self.externs.get(name).into_iter().flatten();
        let mut found: BTreeSet<Lead> = crates.map(|&to| Lead { to, target: None }).collect();
        for path in self.imports.get(name).cloned().unwrap_or_default() {
            found.extend(self.path(path));
        }
        self.known.insert(name.to_owned(), found.clone());
        found
    }

    fn path(&mut self, path: &'i [String]) -> BTreeSet<Lead> {
        let mut found = BTreeSet::new();
        let Some(last) = path.last() else { return found };
        for (at, segment) in path.iter().enumerate().filter(|(_, segment)| !is_keyword(segment)) {
            // Only the first can be another crate's name; any can be a module's import.
            let leads = match at {
                0 => self.name(segment),
                _ => self.imported(segment),
            };
            let is_last = at + 1 == path.len();
            found.extend(leads.into_iter().map(|Lead { to, target }| Lead {
                to,
                target: if is_last { target } else { Some(last.clone()) },
            }));
        }
        found
    }

    /// The module of this crate that the path leads to, from this module.
    fn own_module(&self, from: Module, path: &[String]) -> Own {
        let first = path.first().map_or("", String::as_str);
        if !matches!(first, "crate" | "self" | "super") && !self.index.is_module(first) {
            return Own::None;
        }
        let mut at = self.index.path_of(from).to_vec();
        for segment in path {
            match segment.as_str() {
                "crate" => at.clear(),
                "self" => {}
                "super" => drop(at.pop()),
                name => at.push(name.to_owned()),
            }
        }
        match self.index.module_at(&at) {
            Some(module) => Own::Module(module),
            // This may be an enum of the crate, for example.
            None if at.last().is_some_and(|last| self.index.is_own_type(last)) => Own::None,
            None => Own::Some,
        }
    }

    fn imported(&mut self, name: &str) -> BTreeSet<Lead> {
        if self.imports.contains_key(name) { self.name(name) } else { BTreeSet::new() }
    }

    fn glob(&mut self, module: Module, path: &'i [String]) -> Glob {
        let from = self.path(path).into_iter().map(|lead| lead.to).collect();
        Glob { from, own: self.own_module(module, path) }
    }
}

/// `#[macro_use] extern crate name;`
fn brings_macros(index: &Index, id: Id) -> bool {
    let (tokens, start) = (&index.source(id).tokens, index.item(id).tokens.start);
    let word = first_word(tokens, start);
    tokens.is_ident(word, "extern") && (start..word).any(|at| tokens.is_ident(at, "macro_use"))
}
