//! From one crate to the next: what a function reaches in all of the program.
//!
//! A name leads to another crate where that is said: behind the crate's name (`other::f`), through an import
//! (`use other::f`), by a `*` of the module that the name stands in, or through a macro. There it is followed
//! as if it stood there, through re-exports too. Names of methods are every crate's, as soon as that crate is
//! entered.

use super::facts::Facts;
use super::index::{Id, Module};
use super::leads::{Lead, Leads};
use super::mentions::Mention;
use super::program::{CrateId, Kind, OWN, Program};
use super::reach::{Reach, Start};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What is reached.
pub(super) struct Closure {
    pub(super) items: Vec<(CrateId, Id)>,
    /// The other crates of which anything is, or that are not followed item by item.
    pub(super) crates: BTreeSet<CrateId>,
}

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

/// All that is reached from the own crate's code.
pub(super) fn closure(program: &Program, start: &Start<'_>) -> Closure {
    let mut walk = Walk { program, reaches: BTreeMap::new(), called: Vec::new(), counted: BTreeSet::new() };
    walk.enter(OWN).expect("the own crate has sources").start(start);
    for name in &start.bounds {
        walk.bound(name);
    }
    walk.run();
    let mut closure = Closure { items: Vec::new(), crates: walk.counted };
    for (id, reach) in walk.reaches {
        closure.items.extend(reach.reached().map(|item| (id, item)));
    }
    closure.crates.extend(closure.items.iter().map(|(id, _)| *id).filter(|&id| id != OWN));
    closure
}

struct Walk<'p> {
    program: &'p Program,
    reaches: BTreeMap<CrateId, Reach<'p>>,
    called: Vec<String>,
    /// Crates that count without their items.
    counted: BTreeSet<CrateId>,
}

impl<'p> Walk<'p> {
    fn run(&mut self) {
        loop {
            let mut crossings: Vec<(CrateId, Crossing)> = Vec::new();
            for (&id, reach) in &mut self.reaches {
                crossings.extend(reach.follow().into_iter().map(|crossing| (id, crossing)));
            }
            if crossings.is_empty() {
                return;
            }
            for (from, crossing) in crossings {
                self.cross(from, crossing);
            }
        }
    }

    fn cross(&mut self, from: CrateId, crossing: Crossing) {
        match crossing {
            Crossing::Name { to, mention, caller } => {
                if let Some(reach) = self.enter(to) {
                    reach.name(&mention, caller);
                }
            }
            Crossing::Enter(to) => {
                self.enter(to);
            }
            Crossing::Method(name) => {
                self.reaches.values_mut().for_each(|reach| reach.method(&name));
                self.called.push(name);
            }
            Crossing::Symbol(name) => {
                for id in 0..self.program.crates.len() {
                    let krate = &self.program.crates[id];
                    if matches!(krate.kind, Kind::Sources { is_macro: false, .. })
                        && krate.index().exports(&name)
                    {
                        self.enter(id).expect("it has sources").name(&Mention::Plain(name.clone()), id);
                    }
                }
            }
            Crossing::Expansion { of, caller } => {
                let facts = self.program.crates[from].index().facts(of);
                if let Some(reach) = self.enter(caller).filter(|_| caller != from) {
                    reach.expand(facts);
                }
                // The macros that it calls are expanded there, too.
                for mention in facts.mentions.iter().filter(|mention| matches!(mention, Mention::Macro(_))) {
                    if let Some(reach) = self.enter(from) {
                        reach.name(mention, caller);
                    }
                }
            }
        }
    }

    /// What is reached of a crate; `None` where it has no sources to follow.
    fn enter(&mut self, id: CrateId) -> Option<&mut Reach<'p>> {
        let krate = &self.program.crates[id];
        let Kind::Sources { is_macro, .. } = krate.kind else {
            self.counted.insert(id);
            return None;
        };
        Some(self.reaches.entry(id).or_insert_with(|| {
            let mut reach = Reach::new(self.program, id);
            self.called.iter().for_each(|name| reach.method(name));
            if is_macro {
                reach.whole();
            }
            reach
        }))
    }

    /// A caller's type may come from any crate, with its implementation of this trait.
    fn bound(&mut self, name: &str) {
        let leads: Vec<&Lead> = self.program.own().leads().named(name).iter().collect();
        if leads.is_empty() && self.program.own().index().defines(name) {
            return;
        }
        for id in 1..self.program.crates.len() {
            let krate = &self.program.crates[id];
            if !matches!(krate.kind, Kind::Sources { is_macro: false, .. }) {
                continue;
            }
            let targets = leads.iter().filter_map(|lead| lead.target.as_deref());
            for name in
                targets.chain([name]).filter(|name| !krate.index().implementations_of(name).is_empty())
            {
                if let Some(reach) = self.enter(id) {
                    reach.bound(name);
                }
            }
        }
    }
}

/// The ways out of one crate, as its code is followed.
pub(super) struct Exits<'p> {
    program: &'p Program,
    id: CrateId,
    leads: &'p Leads,
    found: Vec<Crossing>,
    /// What has been handed on already.
    named: BTreeSet<(CrateId, Mention<String>, CrateId)>,
    entered: BTreeSet<CrateId>,
    modules: HashSet<Module>,
    expanded: BTreeSet<(Id, CrateId)>,
}

impl<'p> Exits<'p> {
    pub(super) fn of(program: &'p Program, id: CrateId) -> Self {
        Self {
            program,
            id,
            leads: program.crates[id].leads(),
            found: Vec::new(),
            named: BTreeSet::new(),
            entered: BTreeSet::new(),
            modules: HashSet::new(),
            expanded: BTreeSet::new(),
        }
    }

    pub(super) fn take(&mut self) -> Vec<Crossing> {
        std::mem::take(&mut self.found)
    }

    pub(super) fn method(&mut self, name: &str) {
        self.found.push(Crossing::Method(name.to_owned()));
    }

    pub(super) fn symbol(&mut self, name: &str) {
        self.found.push(Crossing::Symbol(name.to_owned()));
    }

    pub(super) fn expansion(&mut self, of: Id, caller: CrateId) {
        if self.expanded.insert((of, caller)) {
            self.found.push(Crossing::Expansion { of, caller });
        }
    }

    /// Code of a module of this crate.
    pub(super) fn code(&mut self, facts: &Facts, module: Option<Module>) {
        if let Some(module) = module.filter(|&module| self.modules.insert(module)) {
            self.traits_of(module);
        }
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
            self.by_name(mention, self.id);
            let may_be_behind = match mention {
                Mention::Macro(_) | Mention::Implemented(_) | Mention::Qualified { .. } => true,
                Mention::Plain(_) => is_loose,
                Mention::Prefix(_) | Mention::Method(_) | Mention::Built(_) => false,
            };
            for &to in behind.iter().filter(|_| may_be_behind).chain(&globs) {
                self.name(to, mention.clone(), self.id);
            }
        }
        for pieces in &facts.pieces {
            let imported = module.map_or_else(BTreeSet::new, |module| self.imported_from(module));
            for &to in behind.iter().chain(&globs).chain(&imported) {
                let index = self.program.crates[to].index();
                for name in index.made().built_of(index, pieces) {
                    self.name(to, Mention::Built(name), self.id);
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
        let index = self.program.crates[self.id].index();
        let names = index.imports_in(module).iter().filter_map(|&id| index.item(id).name());
        names.flat_map(|name| self.leads.named(name)).map(|lead| lead.to).collect()
    }

    /// A name that another crate uses as one of this crate's.
    pub(super) fn forward(&mut self, mention: &Mention<String>, caller: CrateId) {
        self.by_name(mention, caller);
        for to in self.leads.globs(None) {
            self.name(to, mention.clone(), caller);
        }
    }

    /// Where the name itself leads.
    fn by_name(&mut self, mention: &Mention<String>, caller: CrateId) {
        let (leads, program) = (self.leads, self.program);
        match mention {
            Mention::Plain(name)
            | Mention::Prefix(name)
            | Mention::Macro(name)
            | Mention::Implemented(name) => {
                for Lead { to, target } in leads.named(name) {
                    match target {
                        Some(target) => self.name(*to, renamed(mention, target), caller),
                        None => self.enter(*to),
                    }
                }
                if let Mention::Macro(_) = mention {
                    leads.macros().for_each(|to| self.name(to, mention.clone(), caller));
                }
            }
            Mention::Qualified { of, name } => {
                for Lead { to, target } in leads.named(of) {
                    let mention = match target {
                        Some(target) => Mention::Qualified { of: target.clone(), name: name.clone() },
                        None => Mention::Plain(name.clone()),
                    };
                    self.name(*to, mention, caller);
                }
                // A module of the crate's that imports it.
                for Lead { to, target } in leads.named(name) {
                    if let Some(target) = target {
                        self.name(*to, Mention::Plain(target.clone()), caller);
                    }
                }
                let index = program.crates[self.id].index();
                if index.is_module(of) && !index.defines(name) {
                    for to in leads.globs(None) {
                        self.name(to, Mention::Plain(name.clone()), caller);
                    }
                }
            }
            Mention::Built(name) => {
                for Lead { to, target } in leads.named(name) {
                    let target = target.as_ref().unwrap_or(name).clone();
                    self.name(*to, Mention::Built(target), caller);
                }
            }
            Mention::Method(_) => {}
        }
    }

    /// What a module imports can give methods without being named.
    fn traits_of(&mut self, module: Module) {
        let index = self.program.crates[self.id].index();
        let names = index.imports_in(module).iter().filter_map(|&id| index.item(id).name());
        for Lead { to, target } in names.flat_map(|name| self.leads.named(name)) {
            if let Some(target) = target
                && self.program.crates[*to].may_have_trait(target)
            {
                self.enter(*to);
            }
        }
        self.leads.globs(Some(module)).into_iter().for_each(|to| self.enter(to));
    }

    fn name(&mut self, to: CrateId, mention: Mention<String>, caller: CrateId) {
        if to != self.id && self.named.insert((to, mention.clone(), caller)) {
            self.found.push(Crossing::Name { to, mention, caller });
        }
    }

    fn enter(&mut self, to: CrateId) {
        if to != self.id && self.entered.insert(to) {
            self.found.push(Crossing::Enter(to));
        }
    }
}

/// The same use of another name.
fn renamed(mention: &Mention<String>, name: &str) -> Mention<String> {
    match mention {
        Mention::Macro(_) => Mention::Macro(name.to_owned()),
        Mention::Prefix(_) => Mention::Prefix(name.to_owned()),
        Mention::Implemented(_) => Mention::Implemented(name.to_owned()),
        _ => Mention::Plain(name.to_owned()),
    }
}
