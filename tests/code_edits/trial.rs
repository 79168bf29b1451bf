//! Edits, builds and runs the workspace, and compares.

use std::path::PathBuf;

use crate::row::Row;
use crate::tally::Tally;
use crate::workspace::{Run, Workspace};

pub(crate) struct Trial {
    rows: Vec<Row>,
    steps: Vec<Step>,
    workspace: Workspace,
    /// Where all programs have their results.
    cache: PathBuf,
    first: Run,
    pub(crate) tally: Tally,
}

/// The edits that are made before a build.
struct Step {
    rows: Vec<usize>,
    /// They may make other functions run again.
    wide: bool,
}

impl Trial {
    /// Builds the workspace and fills the cache.
    ///
    /// Edits that concern their own function alone are made in so many steps: functions whose edit is made in
    /// another show that nothing runs for other reasons.
    pub(crate) fn begin(rows: Vec<Row>, narrow: usize) -> Self {
        let mut workspace = Workspace::new();
        workspace.write(&rows, &|_| false);
        let cache = workspace.path("cache");
        let programs = workspace.build(&[]);
        let first = workspace.run(&programs, &cache);
        let second = workspace.run(&programs, &cache);
        for row in &rows {
            assert_eq!(first.ran.get(row.name), Some(&1), "{} runs once", row.name);
            assert_eq!(second.ran.get(row.name), None, "{} is found", row.name);
        }
        let steps = steps(&rows, narrow);
        Self { rows, steps, workspace, cache, first, tally: Tally::default() }
    }

    /// Makes each edit, on top of those before.
    pub(crate) fn edit(&mut self) {
        let mut edited = vec![false; self.rows.len()];
        let mut before = self.first.values.clone();
        for (number, step) in self.steps.iter().enumerate() {
            println!("step {} of {}: {} edits", number + 1, self.steps.len(), step.rows.len());
            step.rows.iter().for_each(|&row| edited[row] = true);
            self.workspace.write(&self.rows, &|row| edited[row]);
            let programs = self.workspace.build(&[]);
            let cached = self.workspace.run(&programs, &self.cache);
            let fresh = self.workspace.run(&programs, &self.workspace.path(&format!("fresh_{number}")));
            for (place, row) in self.rows.iter().enumerate() {
                let now = step.rows.contains(&place);
                let value = &fresh.values[row.name];
                let same = *value == before[row.name];
                assert_eq!(same, !now || row.harmless, "{} is {value} after its edit", row.name);
                let stale = cached.values[row.name] != *value;
                let excused = !now && (step.wide || row.widens);
                let needless = cached.ran.contains_key(row.name) && same && !excused;
                self.tally.edit(row, now, stale, needless);
            }
            let ran = self.workspace.run(&programs, &self.cache).ran;
            assert!(ran.is_empty(), "nothing runs a second time, but {ran:?}");
            before = fresh.values;
        }
    }

    /// Undoes all of them.
    pub(crate) fn undo(&mut self) {
        self.workspace.write(&self.rows, &|_| false);
        self.again("all edits undone", &[]);
    }

    /// Has rustfmt write all of it.
    pub(crate) fn format(&mut self) {
        if self.workspace.format() {
            self.again("rustfmt of all files", &[]);
            self.workspace.write(&self.rows, &|_| false);
        } else {
            println!("without rustfmt, which is not there");
        }
    }

    /// The same files in another folder.
    pub(crate) fn move_elsewhere(&mut self) {
        let here = std::mem::replace(&mut self.workspace, Workspace::new());
        self.workspace.write(&self.rows, &|_| false);
        self.again("another folder", &[]);
        self.workspace = here;
    }

    pub(crate) fn build_for_release(&mut self) {
        self.again("a release build", &["--release"]);
    }

    pub(crate) fn build_with_flags(&mut self) {
        let flags = "build.rustflags = ['--cfg', 'extra_flag', '--check-cfg', 'cfg(extra_flag)']";
        self.again("a build with other flags", &["--config", flags]);
    }

    pub(crate) fn build_from_nothing(&mut self) {
        let target = self.workspace.path("target");
        self.again("another target folder", &["--target-dir", target.to_str().unwrap()]);
    }

    /// Builds with these options what is as at first.
    fn again(&mut self, name: &'static str, options: &[&str]) {
        let programs = self.workspace.build(options);
        let Run { values, ran } = self.workspace.run(&programs, &self.cache);
        let fresh = self.workspace.run(&programs, &self.workspace.path(&format!("fresh {name}"))).values;
        for row in &self.rows {
            let stale = values[row.name] != fresh[row.name];
            let same = fresh[row.name] == self.first.values[row.name];
            // What cannot be followed may count as compiled.
            let excused = row.widens && !options.is_empty();
            self.tally.build(name, row, stale, ran.contains_key(row.name) && same && !excused);
        }
    }
}

fn steps(rows: &[Row], narrow: usize) -> Vec<Step> {
    let mut steps: Vec<Step> = (0..narrow).map(|_| Step { rows: Vec::new(), wide: false }).collect();
    let mut names: Vec<&str> = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        let step = match row.wide {
            None => place % narrow,
            Some(name) => match names.iter().position(|other| *other == name) {
                Some(at) => narrow + at,
                None => {
                    names.push(name);
                    steps.push(Step { rows: Vec::new(), wide: true });
                    steps.len() - 1
                }
            },
        };
        steps[step].rows.push(place);
    }
    steps.retain(|step| !step.rows.is_empty());
    steps
}
