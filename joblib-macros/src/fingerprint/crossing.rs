//! From one crate to the next: what a function reaches in all of the program.
//!
//! What leads from a crate to another is followed there as if it stood there, through re-exports too. Names
//! of methods are every crate's, as soon as that crate is entered.

use super::facts::Facts;
use super::index::{Id, Module};
use super::leads::{CrateId, Lead};
use super::linker;
use super::mentions::Mention;
use super::program::{Kind, OWN, Program};
use super::reach::{Crossing, Reach};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What is reached.
pub(super) struct Closure {
    pub(super) items: Vec<(CrateId, Id)>,
    /// The other crates of which anything is, or that are not followed item by item.
    pub(super) crates: BTreeSet<CrateId>,
}

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

/// All that is reached from the own crate's code.
pub(super) fn closure(program: &Program, start: &Start<'_>) -> Closure {
    let mut walk =
        Walk { program, reaches: BTreeMap::new(), called: HashSet::new(), counted: BTreeSet::new() };
    let own = walk.enter(OWN).expect("the own crate has sources");
    own.code(&linker::of_code(program, OWN, start.facts, start.module, start.owner), start.module);
    if let Some(name) = start.whole_type {
        own.whole_type(name);
    }
    for name in &start.bounds {
        walk.bound(name);
    }
    walk.run();
    let mut closure = Closure { items: Vec::new(), crates: walk.counted };
    for (&id, reach) in &walk.reaches {
        closure.items.extend(reach.reached().map(|item| (id, item)));
    }
    closure.crates.extend(closure.items.iter().map(|(id, _)| *id).filter(|&id| id != OWN));
    closure
}

struct Walk<'p> {
    program: &'p Program,
    reaches: BTreeMap<CrateId, Reach<'p>>,
    called: HashSet<String>,
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
                if self.called.insert(name.clone()) {
                    self.reaches.values_mut().for_each(|reach| reach.method(&name));
                }
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
                let (program, facts) = (self.program, self.program.crates[from].index().facts(of));
                if let Some(reach) = self.enter(caller).filter(|_| caller != from) {
                    reach.code(&linker::of_code(program, caller, facts, None, None), None);
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
