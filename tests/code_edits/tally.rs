//! What the edits did, by their kinds.

use std::collections::BTreeMap;

use crate::row::Row;

#[derive(Default)]
pub(crate) struct Tally {
    kinds: BTreeMap<(Part, &'static str), Kind>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Changing,
    Harmless,
    /// Documented.
    Unseen,
    Builds,
}

#[derive(Default)]
struct Kind {
    edits: usize,
    stale: Vec<String>,
    needless: Vec<String>,
}

impl Tally {
    /// After a step, whether or not the row was edited in it.
    pub(crate) fn edit(&mut self, row: &Row, now: bool, stale: bool, needless: bool) {
        let part = match row {
            Row { unseen: true, .. } => Part::Unseen,
            Row { harmless: true, .. } => Part::Harmless,
            _ => Part::Changing,
        };
        let kind = self.kinds.entry((part, row.kind)).or_default();
        kind.edits += usize::from(now);
        let known = kind.stale.iter().any(|name| name == row.name);
        if stale && !known {
            println!("stale: {}", row.name);
            kind.stale.push(row.name.to_owned());
        }
        // A body that should have run before may run by another's edit.
        if needless && !known {
            let by = if now { "" } else { " by another's edit" };
            println!("needless: {}{by}", row.name);
            kind.needless.push(format!("{}{by}", row.name));
        }
    }

    /// After another build of what was there before.
    pub(crate) fn build(&mut self, name: &'static str, row: &Row, stale: bool, needless: bool) {
        if row.unseen {
            return;
        }
        let missed = self.kinds.values().any(|kind| kind.stale.iter().any(|name| name == row.name));
        let kind = self.kinds.entry((Part::Builds, name)).or_default();
        kind.edits = 1;
        if stale {
            println!("stale after {name}: {}", row.name);
            kind.stale.push(row.name.to_owned());
        }
        if needless && !missed {
            println!("needless after {name}: {}", row.name);
            kind.needless.push(row.name.to_owned());
        }
    }

    pub(crate) fn print(&self) {
        let line = |name: &str, counts: [usize; 3]| {
            println!("{name:<58} {:>6} {:>6} {:>9}", counts[0], counts[1], counts[2]);
        };
        println!("{:<58} {:>6} {:>6} {:>9}", "kind", "edits", "stale", "needless");
        for (part, total) in [
            (Part::Changing, "edits that change the value"),
            (Part::Harmless, "harmless edits"),
            (Part::Unseen, "edits that cannot be seen"),
            (Part::Builds, "other builds"),
        ] {
            let mut sum = [0; 3];
            for ((_, name), kind) in self.kinds.iter().filter(|((other, _), _)| *other == part) {
                let counts = [kind.edits, kind.stale.len(), kind.needless.len()];
                line(name, counts);
                sum = [0, 1, 2].map(|at| sum[at] + counts[at]);
            }
            line(total, sum);
            println!();
        }
    }

    pub(crate) fn is_good(&self) -> bool {
        let is_good = |kind: &Kind| kind.stale.is_empty() && kind.needless.is_empty();
        self.kinds.iter().all(|((part, _), kind)| *part == Part::Unseen || is_good(kind))
    }
}
