//! Which results are computed again after an edit, and which are found: a workspace of several crates is built by Cargo and
//! run, edited as each row of a table says, built and run again. A value that a program without a cache would not give
//! is stale, a body that runs though its value cannot have changed is needless.
//!
//! The test makes some of the edits; all of them with `JOBLIB_EDITS=all`, which `ci/code_edits.sh` sets. `JOBLIB_EDITS=A,-B`
//! makes those whose names begin with A, but for those that begin with B.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

#[path = "../common/project.rs"]
#[allow(dead_code, reason = "projects of two crates are another test's")]
mod project;
mod row;
mod tally;
mod workspace;

use row::Row;
use tally::Tally;
use workspace::Workspace;

const TABLES: &[&str] = &[
    include_str!("rows/own_crate.txt"),
    include_str!("rows/macros.txt"),
    include_str!("rows/package.txt"),
    include_str!("rows/siblings.txt"),
    include_str!("rows/files.txt"),
    include_str!("rows/proc_macros.txt"),
    include_str!("rows/build.txt"),
    include_str!("rows/registry.txt"),
    include_str!("rows/harmless.txt"),
];

/// In how many steps the edits are made that concern their own function alone; the functions whose edits are made in others show that
/// nothing is computed for another reason.
const STEPS: usize = 6;

#[test]
fn what_an_edit_changes_is_computed_again_and_nothing_else() {
    let chosen = std::env::var("JOBLIB_EDITS").unwrap_or_default();
    let mut rows: Vec<Row> = TABLES.iter().flat_map(|table| Row::all(table)).collect();
    match &*chosen {
        "all" => {}
        "" => {
            let mut number = 0;
            rows.retain(|row| {
                number += 1;
                row.wide.is_none() && number % 6 == 0
            });
        }
        names => rows.retain(|row| {
            let begins = |name: &str| row.name.starts_with(name);
            let (without, only): (Vec<&str>, Vec<&str>) =
                names.split(',').partition(|name| name.starts_with('-'));
            (only.is_empty() || only.into_iter().any(begins))
                && !without.into_iter().any(|name| begins(&name[1..]))
        }),
    }
    assert!(!rows.is_empty(), "no row's name begins so");
    let steps = steps(&rows, if chosen == "all" { STEPS } else { 2 });

    let mut workspace = Workspace::new();
    let mut tally = Tally::default();
    let mut edited = vec![false; rows.len()];
    let at = |row: &Row| rows.iter().position(|other| std::ptr::eq(row, other)).unwrap();
    workspace.write(&rows, &|_| false);
    let programs = workspace.build();
    let first = workspace.run(&programs, "cache");
    let mut before = workspace.run(&programs, "cache");
    for row in &rows {
        assert_eq!(first.ran.get(row.name), Some(&1), "{} runs once", row.name);
        assert_eq!(before.ran.get(row.name), None, "{} is found", row.name);
    }
    for (number, step) in steps.iter().enumerate() {
        step.rows.iter().for_each(|&row| edited[row] = true);
        workspace.write(&rows, &|row| edited[at(row)]);
        let programs = workspace.build();
        let cached = workspace.run(&programs, "cache");
        let fresh = workspace.run(&programs, &format!("fresh/{number}"));
        for (place, row) in rows.iter().enumerate() {
            let now = step.rows.contains(&place);
            let same = fresh.values[row.name] == before.values[row.name];
            assert_eq!(
                same,
                !now || row.harmless,
                "the edit of {} changes its value: {}",
                row.name,
                fresh.values[row.name]
            );
            let ran = cached.ran.get(row.name).copied().unwrap_or(0);
            tally.edit(
                row,
                now,
                cached.values[row.name] != fresh.values[row.name],
                ran > 0 && same && (now || !step.wide),
            );
        }
        assert!(workspace.run(&programs, "cache").ran.is_empty(), "a second run finds all");
        before = fresh;
    }
    workspace.write(&rows, &|_| false);
    let last = workspace.run(&workspace.build(), "cache");
    assert_eq!(last.values, first.values);
    tally.undone(&rows, &last.ran);
    tally.print();
    assert!(tally.is_good(), "some results are stale, or computed without need");
}

struct Step {
    rows: Vec<usize>,
    wide: bool,
}

fn steps(rows: &[Row], narrow: usize) -> Vec<Step> {
    let mut steps: Vec<Step> = (0..narrow).map(|_| Step { rows: Vec::new(), wide: false }).collect();
    let mut names: Vec<&str> = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        let step = match row.wide {
            None => place % narrow,
            Some(name) => {
                narrow
                    + names.iter().position(|other| *other == name).unwrap_or_else(|| {
                        names.push(name);
                        steps.push(Step { rows: Vec::new(), wide: true });
                        names.len() - 1
                    })
            }
        };
        steps[step].rows.push(place);
    }
    steps.retain(|step| !step.rows.is_empty());
    steps
}
