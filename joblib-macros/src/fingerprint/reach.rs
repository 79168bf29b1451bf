//! What a function reaches of one crate: the transitive closure, by name. What lies beyond is handed on.
//!
//! A name in a body stands for every item of that name, for without the compiler's resolution nobody can tell
//! which; so the closure errs on the side of too much, and a change outside it cannot change the function's
//! value. Three rules keep it from being the whole crate:
//! - an inherent method counts once both its name is called and its type is reached;
//! - a trait implementation counts once one of its types is reached, or the trait is named;
//! - `Vec::new` calls nobody's `new`, because `Vec` is not the crate's.

use super::index::{Id, Index, Module};
use super::items::What;
use super::leads::{CrateId, Lead};
use super::linker;
use super::links::Links;
use super::mentions::Mention;
use super::program::Program;
use std::collections::{BTreeSet, HashSet};

/// A way from one crate to another.
pub(super) enum Crossing {
    /// To what has this name there, used by code of `caller`.
    Name { to: CrateId, mention: Mention<String>, caller: CrateId },
    /// To the crate itself: its traits can give methods.
    Enter(CrateId),
    /// To every method of this name.
    Method(String),
    /// To the function of this name that the linker finds, wherever it is.
    Symbol(String),
    /// A macro of this crate is expanded in another one.
    Expansion { of: Id, caller: CrateId },
}

/// What is reached of one crate.
pub(super) struct Reach<'p> {
    program: &'p Program,
    id: CrateId,
    index: &'p Index,
    in_test: bool,
    is_reached: Vec<bool>,
    pending: Vec<Id>,
    live: HashSet<String>,
    traits: HashSet<String>,
    called: HashSet<String>,
    modules: HashSet<Module>,
    /// What leads to other crates.
    crossings: Vec<Crossing>,
    /// What has been handed on already.
    named: BTreeSet<(CrateId, Mention<String>, CrateId)>,
    entered: BTreeSet<CrateId>,
    expanded: BTreeSet<(Id, CrateId)>,
}

impl<'p> Reach<'p> {
    /// Nothing yet.
    pub(super) fn new(program: &'p Program, id: CrateId) -> Self {
        let index = program.crates[id].index();
        Self {
            program,
            id,
            index,
            in_test: false,
            is_reached: vec![false; index.ids().len()],
            pending: Vec::new(),
            live: HashSet::new(),
            traits: HashSet::new(),
            called: HashSet::new(),
            modules: HashSet::new(),
            crossings: Vec::new(),
            named: BTreeSet::new(),
            entered: BTreeSet::new(),
            expanded: BTreeSet::new(),
        }
    }

    /// Code of this crate, with the module around it, if known.
    pub(super) fn code(&mut self, links: &Links, module: Option<Module>) {
        self.in_test |= module.is_some_and(|module| self.index.is_test_only(module));
        self.links(links, module, self.id);
    }

    /// Follows what was added, and gives what leads to other crates.
    pub(super) fn follow(&mut self) -> Vec<Crossing> {
        while let Some(id) = self.pending.pop() {
            let links = linker::of_item(self.program, self.id, id);
            self.links(links, Some(self.index.module(id)), self.id);
        }
        std::mem::take(&mut self.crossings)
    }

    /// A name that code of another crate uses; `caller` is where a macro so called would be expanded.
    pub(super) fn name(&mut self, mention: &Mention<String>, caller: CrateId) {
        if let Mention::Macro(name) | Mention::Built(name) = mention {
            for &of in self.index.named(name) {
                if self.index.item(of).what == What::Macro && self.expanded.insert((of, caller)) {
                    self.crossings.push(Crossing::Expansion { of, caller });
                }
            }
        }
        self.links(&linker::of_name(self.program, self.id, mention), None, caller);
    }

    /// All members of a type count.
    pub(super) fn whole_type(&mut self, name: &str) {
        self.index.members_of(name).iter().for_each(|&id| self.add(id));
    }

    /// Every item counts.
    pub(super) fn whole(&mut self) {
        self.index.ids().for_each(|id| self.add(id));
    }

    /// The implementations of a trait count.
    pub(super) fn bound(&mut self, name: &str) {
        self.index.implementations_of(name).iter().for_each(|&id| self.add(id));
    }

    /// The items that are reached.
    pub(super) fn reached(&self) -> impl Iterator<Item = Id> {
        self.is_reached.iter().enumerate().filter(|(_, is_reached)| **is_reached).map(|(id, _)| id)
    }

    fn add(&mut self, id: Id) {
        if self.is_reached[id] {
            return;
        }
        let is_for_tests = !self.in_test && self.index.is_test_only(self.index.module(id));
        if !is_for_tests && !self.index.is_left_out(id) {
            self.is_reached[id] = true;
            self.pending.push(id);
        }
    }

    fn links(&mut self, links: &Links, module: Option<Module>, caller: CrateId) {
        if let Some(module) = module.filter(|&module| self.modules.insert(module)) {
            self.module(module);
        }
        links.items.iter().for_each(|&id| self.add(id));
        links.types.iter().for_each(|name| self.name_type(name));
        links.methods.iter().for_each(|name| self.method(name));
        links.crates.iter().for_each(|&to| self.enter(to));
        for (to, mention) in &links.names {
            let name = (*to, mention.clone(), caller);
            if !self.named.contains(&name) {
                self.crossings.push(Crossing::Name { to: *to, mention: mention.clone(), caller });
                self.named.insert(name);
            }
        }
        self.crossings.extend(links.symbol.iter().map(|name| Crossing::Symbol(name.clone())));
    }

    /// What a module imports by `*` decides what its names mean, and what it imports can give methods without
    /// being named.
    fn module(&mut self, module: Module) {
        let (index, program) = (self.index, self.program);
        index.globs_in(module).iter().for_each(|&id| self.add(id));
        let leads = program.crates[self.id].leads();
        let names = index.imports_in(module).iter().filter_map(|&id| index.item(id).name());
        for Lead { to, target } in names.flat_map(|name| leads.named(name)) {
            if let Some(target) = target
                && program.crates[*to].may_have_trait(target)
            {
                self.enter(*to);
            }
        }
        leads.globs(Some(module)).into_iter().for_each(|to| self.enter(to));
    }

    fn enter(&mut self, to: CrateId) {
        if to != self.id && self.entered.insert(to) {
            self.crossings.push(Crossing::Enter(to));
        }
    }

    /// A type or trait is named: its implementations count, and those of its methods that are called.
    fn name_type(&mut self, name: &str) {
        let index = self.index;
        let of = index.implementations_of(name);
        if !of.is_empty() && !self.traits.contains(name) {
            self.traits.insert(name.to_owned());
            of.iter().for_each(|&id| self.add(id));
        }
        if self.live.contains(name) || !index.is_own_type(name) {
            return;
        }
        self.live.insert(name.to_owned());
        index.implementations_for(name).iter().for_each(|&id| self.add(id));
        for &id in index.members_of(name) {
            if index.item(id).names.iter().any(|name| self.called.contains(name)) {
                self.add(id);
            }
        }
    }

    /// A method of this name is called on something.
    pub(super) fn method(&mut self, name: &str) {
        let index = self.index;
        if self.called.contains(name) {
            return;
        }
        self.called.insert(name.to_owned());
        self.crossings.push(Crossing::Method(name.to_owned()));
        for &id in index.members(name) {
            if let What::Member { owner } = &index.item(id).what
                && self.live.contains(owner.as_str())
            {
                self.add(id);
            }
        }
        for &id in index.named(name) {
            if matches!(index.item(id).what, What::Trait | What::Generated { .. }) {
                self.add(id);
            }
        }
    }
}
