//! What a function reaches: the transitive closure, by name, over the items of a crate. What lies beyond the
//! crate is handed on to `crossing`.
//!
//! A name in a body stands for every item of that name, for without the compiler's resolution nobody can tell
//! which; so the closure errs on the side of too much, and a change outside it cannot change the function's
//! value. Three rules keep it from being the whole crate:
//! - an inherent method counts once both its name is called and its type is reached;
//! - a trait implementation counts once one of its types is reached, or the trait is named;
//! - `Vec::new` calls nobody's `new`, because `Vec` is not the crate's.

use super::crossing::{Crossing, Exits};
use super::facts::Facts;
use super::index::{Id, Index, Module};
use super::items::What;
use super::mentions::Mention;
use super::program::{CrateId, Program};
use std::collections::{BTreeSet, HashSet};

/// Where the closure starts.
pub(super) struct Start<'a> {
    pub(super) facts: &'a Facts,
    /// The module around it, if known.
    pub(super) module: Option<Module>,
    /// `Self`, if any.
    pub(super) owner: Option<&'a str>,
    /// A type all of whose methods count, called or not.
    pub(super) whole_type: Option<&'a str>,
    /// The traits that its callers' types may have.
    pub(super) bounds: BTreeSet<String>,
}

/// What is reached of one crate.
pub(super) struct Reach<'i> {
    index: &'i Index,
    in_test: bool,
    reached: HashSet<Id>,
    pending: Vec<Id>,
    live: HashSet<String>,
    traits: HashSet<String>,
    called: HashSet<String>,
    modules: HashSet<Module>,
    /// The way to other crates.
    exits: Exits<'i>,
}

impl<'i> Reach<'i> {
    /// Nothing yet.
    pub(super) fn new(program: &'i Program, id: CrateId) -> Self {
        Self {
            index: program.crates[id].index(),
            in_test: false,
            reached: HashSet::new(),
            pending: Vec::new(),
            live: HashSet::new(),
            traits: HashSet::new(),
            called: HashSet::new(),
            modules: HashSet::new(),
            exits: Exits::of(program, id),
        }
    }

    /// All that is reached from here, but for what the other crates will send.
    pub(super) fn start(&mut self, start: &Start<'_>) {
        self.in_test = start.module.is_some_and(|module| self.index.is_test_only(module));
        if let Some(owner) = start.owner {
            self.plain(owner, start.module);
        }
        if let Some(name) = start.whole_type {
            self.index.members_of(name).iter().for_each(|&id| self.add(id));
        }
        self.code(start.facts, start.module, start.owner);
    }

    /// Follows what was added, and gives what leads to other crates.
    pub(super) fn follow(&mut self) -> Vec<Crossing> {
        while let Some(id) = self.pending.pop() {
            self.item(id);
        }
        self.exits.take()
    }

    /// A name that code of another crate uses; `caller` is where a macro so called would be expanded.
    pub(super) fn name(&mut self, mention: &Mention<String>, caller: CrateId) {
        if let Mention::Macro(name) = mention {
            let macros = self.index.named(name).iter().filter(|&&id| self.index.item(id).what == What::Macro);
            macros.for_each(|&of| self.exits.expansion(of, caller));
        }
        self.mention(mention, None, None);
        self.exits.forward(mention, caller);
    }

    /// A macro of another crate is expanded here.
    pub(super) fn expand(&mut self, facts: &Facts) {
        self.code(facts, None, None);
    }

    /// Every item counts.
    pub(super) fn whole(&mut self) {
        self.index.ids().for_each(|id| self.add(id));
    }

    /// The implementations of a trait count.
    pub(super) fn bound(&mut self, name: &str) {
        self.index.implementations_of(name).iter().for_each(|&id| self.add(id));
    }

    /// The items that are reached, in no particular order.
    pub(super) fn reached(self) -> impl Iterator<Item = Id> {
        self.reached.into_iter()
    }

    fn add(&mut self, id: Id) {
        let is_for_tests = !self.in_test && self.index.is_test_only(self.index.module(id));
        let hidden = is_for_tests || self.index.is_left_out(id);
        if !hidden && self.reached.insert(id) {
            self.pending.push(id);
        }
    }

    /// Follows what an item names.
    fn item(&mut self, id: Id) {
        let index = self.index;
        let item = index.item(id);
        match &item.what {
            What::Type => {
                if let Some(name) = item.name() {
                    self.name_type(name);
                }
            }
            What::Trait => self.trait_reached(item.name()),
            What::Import { path, .. } => {
                if let Some(target) = path.last()
                    && item.name() != Some(target)
                {
                    self.plain(target, None);
                    self.by_kind(target, None, is_macro);
                }
                return;
            }
            What::Glob { .. } => return,
            _ => {}
        }
        if index.is_foreign_item(id) {
            self.exits.symbol(item.name().unwrap_or(""));
        }
        self.code(index.facts(id), Some(index.module(id)), item.owner());
    }

    fn code(&mut self, facts: &Facts, module: Option<Module>, owner: Option<&str>) {
        // What a module imports by `*` decides what its names mean.
        if let Some(module) = module
            && self.modules.insert(module)
        {
            self.index.globs_in(module).iter().for_each(|&id| self.add(id));
        }
        for mention in &facts.mentions {
            self.mention(mention, module, owner);
        }
        for name in &facts.unresolved {
            self.index.made().makers(name).for_each(|id| self.add(id));
        }
        self.exits.code(facts, module);
    }

    fn mention(&mut self, mention: &Mention<String>, module: Option<Module>, owner: Option<&str>) {
        match mention {
            Mention::Plain(name) => self.plain(name, module),
            Mention::Prefix(name) => self.prefix(name, module),
            Mention::Macro(name) => self.by_kind(name, module, is_macro),
            Mention::Method(name) => self.method(name),
            Mention::Implemented(name) => self.by_kind(name, module, |what| *what != What::Macro),
            Mention::Built(name) => {
                self.by_kind(name, module, |_| true);
                self.name_type(name);
                self.method(name);
            }
            Mention::Qualified { of, name } if of == "Self" => match owner {
                Some(owner) => self.qualified(owner, name, module),
                None => self.method(name),
            },
            Mention::Qualified { of, name } => self.qualified(of, name, module),
        }
    }

    fn plain(&mut self, name: &str, module: Option<Module>) {
        self.by_kind(name, module, |what| *what != What::Macro);
        self.name_type(name);
    }

    fn prefix(&mut self, name: &str, module: Option<Module>) {
        self.by_kind(name, module, |what| !matches!(what, What::Macro | What::Value));
        self.name_type(name);
    }

    /// Adds the items of this name and kind; imports only where they are in effect.
    fn by_kind(&mut self, name: &str, module: Option<Module>, wanted: impl Fn(&What) -> bool) {
        let index = self.index;
        for &id in index.named(name) {
            let item = index.item(id);
            let counts = match &item.what {
                What::Import { public, .. } => {
                    *public || module.is_none_or(|module| index.module(id) == module)
                }
                // A trait's methods bring it as `method` says.
                What::Trait => item.name() == Some(name) && wanted(&item.what),
                what => wanted(what),
            };
            if counts {
                self.add(id);
            }
        }
    }

    /// A type or trait is named: its implementations count, and those of its methods that are called.
    fn name_type(&mut self, name: &str) {
        let index = self.index;
        if !index.implementations_of(name).is_empty() && self.traits.insert(name.to_owned()) {
            index.implementations_of(name).iter().for_each(|&id| self.add(id));
        }
        if !index.is_own_type(name) || !self.live.insert(name.to_owned()) {
            return;
        }
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
        if !self.called.insert(name.to_owned()) {
            return;
        }
        self.exits.method(name);
        for &id in index.members(name) {
            if let What::Member { owner } = &index.item(id).what
                && self.live.contains(owner)
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

    /// A trait counts, if only for a method's name: so do its implementations for types of other crates,
    /// which nobody needs to name.
    fn trait_reached(&mut self, name: Option<&str>) {
        let index = self.index;
        let Some(name) = name else { return };
        for &id in index.implementations_of(name) {
            if let What::Implementation { types, .. } = &index.item(id).what
                && !types.iter().any(|name| index.is_own_type(name))
            {
                self.add(id);
            }
        }
        for &id in index.named(name) {
            if let What::Generated { .. } = index.item(id).what {
                self.add(id);
            }
        }
    }

    fn qualified(&mut self, of: &str, name: &str, module: Option<Module>) {
        let index = self.index;
        let mut found = false;
        for &id in index.members(name) {
            if matches!(&index.item(id).what, What::Member { owner } if owner == of) {
                self.add(id);
                found = true;
            }
        }
        if found || index.is_foreign(of) {
            return;
        }
        self.method(name);
        // What a macro makes of that name may be a module.
        let is_type = |&id: &Id| matches!(index.item(id).what, What::Type | What::Trait);
        if !index.named(of).iter().any(is_type) {
            self.plain(name, module);
        }
    }
}

/// Whether it is a macro, or may define one.
fn is_macro(what: &What) -> bool {
    matches!(what, What::Macro | What::Generated { .. })
}
