//! Which results are computed again after an edit, and which are found: a workspace of several crates is
//! built by Cargo and run, edited as the rows of a table say, built and run again. A value that the program
//! would not compute now is stale; a body that runs though no edit concerns it is needless.
//!
//! The test makes some of the edits; all of them with `JOBLIB_EDITS=all`, as `ci/code_edits.sh` does.
//! `JOBLIB_EDITS=A,-B` makes those whose names begin with A, but for those that begin with B. With
//! `JOBLIB_EDITS_BUILDS=1` all is built for release, with other flags and into another folder at the end.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

#[path = "../common/project.rs"]
#[allow(dead_code, reason = "projects of two crates are another test's")]
mod project;
mod row;
mod tally;
mod trial;
mod workspace;

use row::Row;
use trial::Trial;

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

#[test]
fn what_an_edit_changes_is_computed_again_and_nothing_else() {
    let chosen = std::env::var("JOBLIB_EDITS").unwrap_or_default();
    let mut trial = Trial::begin(rows(&chosen), if chosen == "all" { 4 } else { 2 });
    trial.edit();
    trial.undo();
    trial.format();
    trial.move_elsewhere();
    if std::env::var_os("JOBLIB_EDITS_BUILDS").is_some() {
        trial.build_for_release();
        trial.build_with_flags();
        trial.build_from_nothing();
    }
    trial.tally.print();
    assert!(trial.tally.is_good(), "some results are stale, or computed without need");
}

fn rows(chosen: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = TABLES.iter().flat_map(|table| Row::all(table)).collect();
    for (place, row) in rows.iter().enumerate() {
        assert!(rows[..place].iter().all(|other| other.name != row.name), "two rows are called {}", row.name);
    }
    let begins = |row: &Row, names: &[&str]| names.iter().any(|name| row.name.starts_with(name));
    match chosen {
        "all" => {}
        "" => {
            let mut number = 0;
            rows.retain(|row| {
                number += 1;
                row.wide.is_none() && number % 6 == 0
            });
        }
        names => {
            let (without, only): (Vec<_>, Vec<_>) = names.split(',').partition(|name| name.starts_with('-'));
            let without: Vec<_> = without.iter().map(|name| &name[1..]).collect();
            rows.retain(|row| (only.is_empty() || begins(row, &only)) && !begins(row, &without));
        }
    }
    if std::process::Command::new("cc").arg("--version").output().is_err() {
        println!("without sources in C, as there is no C compiler");
        rows.retain(|row| !row.name.starts_with("c_"));
    }
    assert!(!rows.is_empty(), "no row's name begins so");
    rows
}
