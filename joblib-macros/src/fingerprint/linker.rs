//! Where a piece of code leads: within its crate, and to others. That is the same whoever reaches it, so it
//! is found out once.
//!
//! A name leads to another crate where that is said: behind the crate's name (`other::f`), through an import
//! (`use other::f`), by a `*` of the module that the name stands in, or through a macro.

use super::facts::Facts;
use super::index::{Id, Index, Module};
use super::items::What;
use super::leads::{CrateId, Lead, Leads};
use super::links::Links;
use super::mentions::Mention;
use super::program::Program;
use std::collections::BTreeSet;

/// Where an item of a crate leads.
pub(super) fn of_item(program: &Program, krate: CrateId, id: Id) -> &Links {
    program.crates[krate].links(id).get_or_init(|| {
        let mut linker = Linker::new(program, krate);
        linker.item(id);
        linker.finish()
    })
}

/// Where code in this module leads, if that is known.
pub(super) fn of_code(
    program: &Program,
    krate: CrateId,
    facts: &Facts,
    module: Option<Module>,
    owner: Option<&str>,
) -> Links {
    let mut linker = Linker::new(program, krate);
    if let Some(owner) = owner {
        linker.plain(owner, module);
    }
    linker.code(facts, module, owner);
    linker.finish()
}

/// Where a name leads that other crates' code uses as one of this crate's.
pub(super) fn of_name(program: &Program, krate: CrateId, mention: &Mention<String>) -> Links {
    let mut linker = Linker::new(program, krate);
    linker.mention(mention, None, None);
    linker.beyond(mention);
    for to in linker.leads.globs(None) {
        linker.name(to, mention.clone());
    }
    linker.finish()
}

struct Linker<'p> {
    program: &'p Program,
    id: CrateId,
    index: &'p Index,
    leads: &'p Leads,
    links: Links,
}

impl<'p> Linker<'p> {
    fn new(program: &'p Program, id: CrateId) -> Self {
        let krate = &program.crates[id];
        Self { program, id, index: krate.index(), leads: krate.leads(), links: Links::default() }
    }

    fn finish(self) -> Links {
        let mut links = self.links;
        links.items.sort_unstable();
        links.items.dedup();
        links.types.sort_unstable();
        links.types.dedup();
        links.methods.sort_unstable();
        links.methods.dedup();
        links.names.sort_unstable();
        links.names.dedup();
        links
    }

    fn add(&mut self, id: Id) {
        self.links.items.push(id);
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
            self.links.symbol = item.name().map(str::to_owned);
        }
        self.code(index.facts(id), Some(index.module(id)), item.owner());
    }

    fn code(&mut self, facts: &Facts, module: Option<Module>, owner: Option<&str>) {
        for mention in &facts.mentions {
            self.mention(mention, module, owner);
        }
        let globs = self.leads.globs(module);
        for name in &facts.unresolved {
            let is_known = |&to: &CrateId| {
                let krate = &self.program.crates[to];
                krate.index().knows(name) || !krate.leads().named(name).is_empty()
            };
            if !globs.iter().any(is_known) {
                self.links.items.extend(self.index.made().makers(name));
            }
        }
        self.code_beyond(facts, module);
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
                // A trait's methods bring it where they are called.
                What::Trait => item.name() == Some(name) && wanted(&item.what),
                what => wanted(what),
            };
            if counts {
                self.add(id);
            }
        }
    }

    fn name_type(&mut self, name: &str) {
        if self.index.is_own_type(name) || !self.index.implementations_of(name).is_empty() {
            self.links.types.push(name.to_owned());
        }
    }

    fn method(&mut self, name: &str) {
        self.links.methods.push(name.to_owned());
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

    /// What code means in other crates.
    fn code_beyond(&mut self, facts: &Facts, module: Option<Module>) {
        let leads = self.leads;
        let behind = self.crates_named(facts);
        let stands_alone = |name: &str| leads.named(name).iter().any(|lead| lead.target.is_none());
        // `use other::{a, b}` in a body, or a path in a text.
        let is_loose = facts.has_use
            || facts
                .mentions
                .iter()
                .any(|mention| matches!(mention, Mention::Plain(name) if stands_alone(name)));
        let globs = leads.globs(module);
        for mention in &facts.mentions {
            self.beyond(mention);
            let may_be_behind = match mention {
                Mention::Macro(_) | Mention::Implemented(_) | Mention::Qualified { .. } => true,
                Mention::Plain(_) => is_loose,
                Mention::Prefix(_) | Mention::Method(_) | Mention::Built(_) => false,
            };
            let by_glob = !matches!(mention, Mention::Method(_) | Mention::Built(_));
            for &to in behind.iter().filter(|_| may_be_behind).chain(globs.iter().filter(|_| by_glob)) {
                self.name(to, mention.clone());
            }
        }
        for pieces in &facts.pieces {
            let imported = module.map_or_else(BTreeSet::new, |module| self.imported_from(module));
            for &to in behind.iter().chain(&globs).chain(&imported) {
                let index = self.program.crates[to].index();
                for name in index.made().built_of(index, pieces) {
                    self.name(to, Mention::Built(name));
                }
            }
        }
    }

    /// The crates that code names, also by what these call others: `other::third::f`.
    fn crates_named(&self, facts: &Facts) -> BTreeSet<CrateId> {
        let prefixes = facts.mentions.iter().filter_map(|mention| match mention {
            Mention::Prefix(name) | Mention::Plain(name) => Some(name),
            _ => None,
        });
        let prefixes: Vec<&String> = prefixes.collect();
        let mut found = BTreeSet::new();
        let mut pending = vec![self.id];
        while let Some(id) = pending.pop() {
            let leads = self.program.crates[id].leads();
            let next = prefixes.iter().flat_map(|name| leads.named(name)).map(|lead| lead.to);
            pending.extend(next.filter(|&to| to != self.id && found.insert(to)));
        }
        found
    }

    /// The crates that a module imports anything from.
    fn imported_from(&self, module: Module) -> BTreeSet<CrateId> {
        let names = self.index.imports_in(module).iter().filter_map(|&id| self.index.item(id).name());
        names.flat_map(|name| self.leads.named(name)).map(|lead| lead.to).collect()
    }

    /// Where the name itself leads.
    fn beyond(&mut self, mention: &Mention<String>) {
        let leads = self.leads;
        match mention {
            Mention::Plain(name)
            | Mention::Prefix(name)
            | Mention::Macro(name)
            | Mention::Built(name)
            | Mention::Implemented(name) => {
                for Lead { to, target } in leads.named(name) {
                    match target {
                        Some(target) => self.name(*to, renamed(mention, target)),
                        None => self.links.crates.push(*to),
                    }
                }
                if let Mention::Macro(_) = mention {
                    leads.macros().for_each(|to| self.name(to, mention.clone()));
                }
            }
            Mention::Qualified { of, name } => {
                for Lead { to, target } in leads.named(of) {
                    let mention = match target {
                        Some(target) => Mention::Qualified { of: target.clone(), name: name.clone() },
                        None => Mention::Plain(name.clone()),
                    };
                    self.name(*to, mention);
                }
                // A module of the crate's that imports it.
                for Lead { to, target } in leads.named(name) {
                    if let Some(target) = target {
                        self.name(*to, Mention::Plain(target.clone()));
                    }
                }
                if self.index.is_module(of) && !self.index.defines(name) {
                    for to in leads.globs(None) {
                        self.name(to, Mention::Plain(name.clone()));
                    }
                }
            }
            Mention::Method(_) => {}
        }
    }

    fn name(&mut self, to: CrateId, mention: Mention<String>) {
        if to != self.id {
            self.links.names.push((to, mention));
        }
    }
}

/// Whether it is a macro, or may define one.
fn is_macro(what: &What) -> bool {
    matches!(what, What::Macro | What::Generated { .. })
}

/// The same use of another name.
fn renamed(mention: &Mention<String>, name: &str) -> Mention<String> {
    match mention {
        Mention::Macro(_) => Mention::Macro(name.to_owned()),
        Mention::Prefix(_) => Mention::Prefix(name.to_owned()),
        Mention::Implemented(_) => Mention::Implemented(name.to_owned()),
        Mention::Built(_) => Mention::Built(name.to_owned()),
        _ => Mention::Plain(name.to_owned()),
    }
}
