//! What the edits did, by their kinds.

use std::collections::BTreeMap;

use crate::row::Row;

#[derive(Default)]
pub(crate) struct Tally {
    kinds: BTreeMap<(bool, &'static str), Kind>,
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
        let kind = self.kind(row);
        kind.edits += usize::from(now);
        let known = kind.stale.iter().any(|name| name == row.name);
        if stale && !known {
            kind.stale.push(row.name.to_owned());
        }
        // A body that should have run before may run by another's edit.
        if needless && !known {
            let by = if now { "" } else { " by another's edit" };
            kind.needless.push(format!("{}{by}", row.name));
        }
    }

    /// After all edits were undone, with the bodies that ran.
    pub(crate) fn undone(&mut self, rows: &[Row], ran: &BTreeMap<String, usize>) {
        for row in rows.iter().filter(|row| ran.contains_key(row.name)) {
            let kind = self.kind(row);
            if kind.stale.iter().any(|name| name == row.name) {
                continue;
            }
            kind.needless.push(format!("{} undone", row.name));
        }
    }

    fn kind(&mut self, row: &Row) -> &mut Kind {
        self.kinds.entry((row.harmless, row.kind)).or_default()
    }

    pub(crate) fn print(&self) {
        println!("{:<58} {:>6} {:>6} {:>9}", "kind", "edits", "stale", "needless");
        let line = |name: &str, (edits, stale, needless): (usize, usize, usize)| {
            println!("{name:<58} {edits:>6} {stale:>6} {needless:>9}");
        };
        for (harmless, total) in [(false, "edits that change the value"), (true, "harmless edits")] {
            let mut sum = (0, 0, 0);
            for ((_, name), kind) in self.kinds.iter().filter(|((other, _), _)| *other == harmless) {
                let counts = (kind.edits, kind.stale.len(), kind.needless.len());
                line(name, counts);
                sum = (sum.0 + counts.0, sum.1 + counts.1, sum.2 + counts.2);
            }
            line(total, sum);
        }
        for ((_, name), kind) in &self.kinds {
            for (word, rows) in [("stale", &kind.stale), ("needless", &kind.needless)] {
                if !rows.is_empty() {
                    println!("{word} ({name}): {}", rows.join(", "));
                }
            }
        }
    }

    pub(crate) fn is_good(&self) -> bool {
        self.kinds.values().all(|kind| kind.stale.is_empty() && kind.needless.is_empty())
    }
}
