//! The program of a batch: tries the values of its types and reports the first of each that fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;

use super::{Case, Failed, Question, Type};
use crate::report::Report;

/// The arguments are `first` or `again`, the folder of all that is stored, the file to report to and the
/// numbers of the types.
pub fn run_all(types: &[Type]) {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, phase, root, report, numbers] = &arguments[..] else { panic!("four arguments") };
    let root = Path::new(root);
    std::fs::create_dir_all(root).unwrap();
    let report = Report::new(report);
    let numbers: Vec<usize> = numbers.split(',').map(|number| number.parse().unwrap()).collect();
    note_panics();
    for this in types.iter().filter(|this| numbers.contains(&this.number)) {
        report.start(this.number);
        let cases =
            (0..this.values).map(|value| Case { this, all: types, value, again: phase == "again", root });
        if let Some((kind, detail)) = cases.into_iter().find_map(|case| of_value(&case, &report)) {
            report.fail(this.number, kind, &detail);
        }
    }
    report.end();
}

fn of_value(case: &Case<'_>, report: &Report) -> Option<(&'static str, String)> {
    for (name, check) in case.this.checks {
        if case.again && !["results", "arguments", "keys"].contains(name) {
            continue;
        }
        report.at(&format!("{name}: value {}", case.value));
        case.goes_on();
        let outcome = catch_unwind(AssertUnwindSafe(|| check(case))).unwrap_or_else(|_| {
            let detail = PANIC.lock().unwrap().take().unwrap_or_default();
            Err(Failed { kind: "panic", detail, question: Question::None })
        });
        let Err(Failed { kind, detail, question }) = outcome else { continue };
        let excused = match (question, case.this.other_formats) {
            (Question::None, _) | (_, None) => false,
            (question, Some(ask)) => !ask(case, question),
        };
        if excused {
            report.excused(kind, &detail);
        } else {
            return Some((kind, format!("{name}: value {}: {detail}", case.value)));
        }
    }
    None
}

static PANIC: Mutex<Option<String>> = Mutex::new(None);

fn note_panics() {
    std::panic::set_hook(Box::new(|info| *PANIC.lock().unwrap() = Some(info.to_string())));
}
