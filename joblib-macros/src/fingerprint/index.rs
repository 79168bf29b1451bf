//! The crate's items by name, built once per compilation.

use super::compilation::Cfg;
use super::conditions;
use super::definitions::Definition;
use super::facts::Facts;
use super::items::{Item, What};
use super::made_names::{MadeNames, is_opaque};
use super::modules::SourceFile;
use super::source::Source;
use super::token::{Kind, Tokens};
use super::words::is_std;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;

/// Stands for an item.
pub(super) type Id = usize;

/// Stands for a module of the crate.
pub(super) type Module = usize;

/// All items of a crate.
#[derive(Debug, Default)]
pub(super) struct Index {
    files: Vec<SourceFile>,
    entries: Vec<Entry>,
    /// By every name an item has: values, types, traits, macros, imports, macro calls.
    named: ByName,
    members: ByName,
    members_of: ByName,
    implementations_for: ByName,
    implementations_of: ByName,
    globs_in: HashMap<Module, Vec<Id>>,
    imports_in: HashMap<Module, Vec<Id>>,
    /// Every module that has items, and its number.
    modules: HashMap<Vec<String>, Module>,
    module_names: HashSet<String>,
    /// By a module's path: the file and the place of the attributes that stand before `mod`.
    gates: HashMap<Vec<String>, Vec<(usize, Range<usize>)>>,
    test_only: HashSet<Module>,
    left_out: HashSet<Module>,
    made: MadeNames,
}

type ByName = HashMap<String, Vec<Id>>;

#[derive(Debug)]
struct Entry {
    file: usize,
    /// Among the file's items.
    position: usize,
    module: Module,
    is_left_out: bool,
    facts: OnceLock<Facts>,
}

impl Index {
    /// Of these files; what does not hold under `cfg` is left out.
    pub(super) fn build(files: Vec<SourceFile>, cfg: Option<&Cfg>) -> Index {
        let mut index = Index { files, ..Index::default() };
        for file in 0..index.files.len() {
            index.add_gates(file);
        }
        for file in 0..index.files.len() {
            for position in 0..index.files[file].source.found.items.len() {
                index.add(file, position, cfg);
            }
        }
        let test_only = index.modules.iter().filter(|(path, _)| index.is_under_cfg_test(path));
        index.test_only = test_only.map(|(_, &module)| module).collect();
        // Of two modules of one path, one may be part of this build.
        let is_left_out = |path: &[String]| {
            (1..=path.len()).filter_map(|depth| index.gates.get(&path[..depth])).any(|gates| {
                gates.iter().all(|(file, range)| {
                    conditions::is_left_out(&index.files[*file].source.tokens, range.start, cfg)
                })
            })
        };
        let left_out = index.modules.iter().filter(|(path, _)| is_left_out(path));
        index.left_out = left_out.map(|(_, &module)| module).collect();
        index.made = MadeNames::of(&index);
        index.name_what_macros_make();
        index
    }

    fn add_gates(&mut self, file: usize) {
        for gate in &self.files[file].source.found.gates {
            let path = [&self.files[file].module[..], &gate.module].concat();
            self.module_names.extend(path.last().cloned());
            self.gates.entry(path).or_default().push((file, gate.attributes.clone()));
        }
    }

    /// Calls of the crate's own macros are reached by what these name.
    fn name_what_macros_make(&mut self) {
        for id in 0..self.entries.len() {
            let What::Generated { of } = &self.item(id).what else { continue };
            let Some(definition) = self.made.definitions.get(of) else { continue };
            // Another crate's trait can only be implemented for the crate's own types, which are named.
            let own = |name: &&String| self.named(name).iter().any(|&id| self.item(id).what == What::Trait);
            let traits = definition.traits.iter().filter(own);
            let names: Vec<String> = definition.names.iter().chain(traits).cloned().collect();
            for name in names {
                self.named.entry(name).or_default().push(id);
            }
        }
    }

    fn add(&mut self, file: usize, position: usize, cfg: Option<&Cfg>) {
        let id = self.entries.len();
        let source = &self.files[file].source;
        let Item { what, names, inside, tokens, head } = &source.found.items[position];
        let starts = [Some(tokens.start), head.as_ref().map(|head| head.start)];
        let is_left_out =
            starts.iter().flatten().any(|&start| conditions::is_left_out(&source.tokens, start, cfg));
        let path = [&self.files[file].module[..], inside].concat();
        let next = self.modules.len();
        let module = *self.modules.entry(path).or_insert(next);
        self.entries.push(Entry { file, position, module, is_left_out, facts: OnceLock::new() });
        let put = |map: &mut ByName, name: &String| map.entry(name.clone()).or_default().push(id);
        match what {
            What::Member { owner } => {
                names.iter().for_each(|name| put(&mut self.members, name));
                put(&mut self.members_of, owner);
            }
            What::Implementation { of, types } => {
                put(&mut self.implementations_of, of);
                types.iter().for_each(|name| put(&mut self.implementations_for, name));
            }
            What::Glob { .. } => self.globs_in.entry(module).or_default().push(id),
            What::Import { .. } => {
                names.iter().for_each(|name| put(&mut self.named, name));
                self.imports_in.entry(module).or_default().push(id);
            }
            _ => names.iter().for_each(|name| put(&mut self.named, name)),
        }
    }

    fn is_under_cfg_test(&self, path: &[String]) -> bool {
        self.gates(path).any(|(tokens, mut attributes)| {
            attributes.any(|at| {
                tokens.is_ident(at, "cfg")
                    && tokens.is_open(at + 1, "(")
                    && tokens.inside(at + 1).len() == 1
                    && tokens.is_ident(at + 2, "test")
            })
        })
    }

    pub(super) fn item(&self, id: Id) -> &Item {
        let Entry { file, position, .. } = &self.entries[id];
        &self.files[*file].source.found.items[*position]
    }

    /// Whether it is only declared here: its code is in another language.
    pub(super) fn is_foreign_item(&self, id: Id) -> bool {
        let (item, tokens) = (self.item(id), &self.source(id).tokens);
        let own = item.tokens.clone();
        item.what == What::Value
            && tokens.is_punct(own.end.saturating_sub(1), ';')
            && !tokens.trees(own).any(|at| tokens.is_punct(at, '='))
    }

    /// Whether it has a function or a static of this name that the linker can know.
    pub(super) fn exports(&self, name: &str) -> bool {
        self.named(name).iter().any(|&id| {
            let (item, tokens) = (self.item(id), &self.source(id).tokens);
            let words = ["no_mangle", "export_name"];
            let is_exported =
                item.tokens.clone().any(|at| words.iter().any(|word| tokens.is_ident(at, word)));
            item.what == What::Value && is_exported
        })
    }

    pub(super) fn source(&self, id: Id) -> &Source {
        &self.files[self.entries[id].file].source
    }

    pub(super) fn module(&self, id: Id) -> Module {
        self.entries[id].module
    }

    /// What is known about the item, found out by the first who asks.
    pub(super) fn facts(&self, id: Id) -> &Facts {
        self.entries[id].facts.get_or_init(|| Facts::of_item(self, id))
    }

    /// Whether it is surely not part of this build.
    pub(super) fn is_left_out(&self, id: Id) -> bool {
        self.entries[id].is_left_out || self.left_out.contains(&self.entries[id].module)
    }

    /// Whether anything here goes by this name.
    pub(super) fn knows(&self, name: &str) -> bool {
        [&self.named, &self.members, &self.implementations_of].iter().any(|map| map.contains_key(name))
    }

    /// Every name that something goes by.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        [&self.named, &self.members, &self.implementations_of]
            .into_iter()
            .flat_map(HashMap::keys)
            .map(String::as_str)
    }

    pub(super) fn made(&self) -> &MadeNames {
        &self.made
    }

    /// The crate's own macro that is called so here, through imports too.
    pub(super) fn definition(&self, name: &str) -> Option<&Definition> {
        const MOST_IMPORTS: usize = 8;
        let mut name = name;
        for _ in 0..MOST_IMPORTS {
            if let Some(definition) = self.made.definitions.get(name) {
                return Some(definition);
            }
            name = self.named(name).iter().find_map(|&id| match &self.item(id).what {
                What::Import { path, .. } => path.last().filter(|last| *last != name),
                _ => None,
            })?;
        }
        None
    }

    /// Whether a macro of this name is another crate's, and none that is known.
    pub(super) fn is_foreign_macro(&self, name: &str) -> bool {
        is_opaque(name) && self.definition(name).is_none()
    }

    pub(super) fn is_test_only(&self, module: Module) -> bool {
        self.test_only.contains(&module)
    }

    pub(super) fn named(&self, name: &str) -> &[Id] {
        lookup(&self.named, name)
    }

    pub(super) fn members(&self, name: &str) -> &[Id] {
        lookup(&self.members, name)
    }

    pub(super) fn members_of(&self, owner: &str) -> &[Id] {
        lookup(&self.members_of, owner)
    }

    pub(super) fn implementations_for(&self, name: &str) -> &[Id] {
        lookup(&self.implementations_for, name)
    }

    pub(super) fn implementations_of(&self, name: &str) -> &[Id] {
        lookup(&self.implementations_of, name)
    }

    pub(super) fn globs_in(&self, module: Module) -> &[Id] {
        self.globs_in.get(&module).map_or(&[], Vec::as_slice)
    }

    pub(super) fn imports_in(&self, module: Module) -> &[Id] {
        self.imports_in.get(&module).map_or(&[], Vec::as_slice)
    }

    /// The path of a module.
    pub(super) fn path_of(&self, module: Module) -> &[String] {
        let known = self.modules.iter().find(|&(_, &number)| number == module);
        known.map_or(&[], |(path, _)| path.as_slice())
    }

    /// The module with this path, if it has items.
    pub(super) fn module_at(&self, path: &[String]) -> Option<Module> {
        self.modules.get(path).copied()
    }

    pub(super) fn ids(&self) -> Range<Id> {
        0..self.entries.len()
    }

    /// Whether an item of this name is written in the crate, or may be made there.
    pub(super) fn defines(&self, name: &str) -> bool {
        self.named(name).iter().any(|&id| !matches!(self.item(id).what, What::Import { .. }))
    }

    pub(super) fn is_module(&self, name: &str) -> bool {
        self.module_names.contains(name)
    }

    /// Whether the crate has a type or trait of this name, or may have one by a macro call.
    pub(super) fn is_own_type(&self, name: &str) -> bool {
        self.named(name)
            .iter()
            .any(|&id| matches!(self.item(id).what, What::Type | What::Trait | What::Generated { .. }))
    }

    /// Whether the name is surely another crate's: the standard library's, or imported from elsewhere only.
    pub(super) fn is_foreign(&self, name: &str) -> bool {
        if self.is_own_type(name) || self.is_module(name) {
            return false;
        }
        let imports = self.named(name).iter().filter_map(|&id| match &self.item(id).what {
            What::Import { path, .. } => path.first(),
            _ => None,
        });
        let mut any = false;
        for first in imports {
            if matches!(first.as_str(), "crate" | "self" | "super")
                || self.is_module(first)
                || self.is_own_type(first)
            {
                return false;
            }
            any = true;
        }
        any || is_std(name)
    }

    /// The attributes of the modules along a path, as ranges of their files' tokens.
    pub(super) fn gates<'i>(
        &'i self,
        path: &'i [String],
    ) -> impl Iterator<Item = (&'i Tokens, Range<usize>)> + use<'i> {
        let along = (1..=path.len()).filter_map(move |depth| self.gates.get(&path[..depth]));
        along.flatten().map(move |(file, attributes)| (&self.files[*file].source.tokens, attributes.clone()))
    }

    /// The path of the item's module from the root of the crate.
    pub(super) fn module_path(&self, id: Id) -> Vec<String> {
        [&self.files[self.entries[id].file].module[..], &self.item(id).inside].concat()
    }

    /// The paths of all modules.
    pub(super) fn module_paths(&self) -> impl Iterator<Item = String> {
        let declared = self.gates.keys().chain(self.modules.keys());
        declared.filter(|path| !path.is_empty()).map(|path| path.join("::"))
    }

    /// The paths of all functions and other values.
    pub(super) fn value_paths(&self) -> impl Iterator<Item = String> {
        let values = (0..self.entries.len()).filter(|&id| self.item(id).what == What::Value);
        values.map(|id| [self.module_path(id), self.item(id).names.clone()].concat().join("::"))
    }

    /// How many lifetimes a type of this name has, by its definition.
    pub(super) fn lifetimes_of(&self, name: &str) -> usize {
        let types = self.named(name).iter().filter(|&&id| self.item(id).what == What::Type);
        types
            .map(|&id| {
                let (tokens, range) = (&self.source(id).tokens, self.item(id).tokens.clone());
                let Some(at) = range.clone().find(|&at| tokens.is_ident(at, name)) else { return 0 };
                if !tokens.is_punct(at + 1, '<') {
                    return 0;
                }
                // Lifetimes come first; those of a bound follow a colon.
                let mut parameters = (at + 2..range.end).step_by(2);
                parameters.by_ref().take_while(|&at| tokens.kind(at) == Some(Kind::Lifetime)).count()
            })
            .max()
            .unwrap_or(0)
    }

    /// The innermost item around a line of a file.
    pub(super) fn locate(&self, path: &Path, line: u32) -> Option<Id> {
        let file = self.files.iter().position(|file| is_same(&file.source.path, path))?;
        let around = (0..self.entries.len()).filter(|&id| {
            self.entries[id].file == file && {
                let (tokens, range) = (&self.files[file].source.tokens, &self.item(id).tokens);
                let (first, last) = (tokens.line(range.start), tokens.line(range.end.saturating_sub(1)));
                first.is_some_and(|first| first <= line) && last >= Some(line)
            }
        });
        around.max_by_key(|&id| self.item(id).tokens.start)
    }
}

fn lookup<'m>(map: &'m ByName, name: &str) -> &'m [Id] {
    map.get(name).map_or(&[], Vec::as_slice)
}

fn is_same(a: &Path, b: &Path) -> bool {
    let both = || Some((a.canonicalize().ok()?, b.canonicalize().ok()?));
    a == b || (a.file_name() == b.file_name() && both().is_some_and(|(a, b)| a == b))
}
