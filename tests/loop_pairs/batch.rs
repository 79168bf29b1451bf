//! Compiles many pairs as one program and runs it.
//!
//! rustc is called directly, with the library as Cargo has just built it for this test.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::compile::{Compiled, compile};
use crate::program::Program;

/// What both forms are compiled with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Setting {
    pub(crate) edition: &'static str,
    /// Optimised, overflow unchecked.
    pub(crate) release: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// `refused`, `warnings`, `result`, ..
    pub(crate) kind: String,
    pub(crate) detail: String,
}

/// Where the compiler and the libraries are.
pub(crate) struct Tools {
    pub(crate) rustc: String,
    /// Cargo's folder of built crates.
    pub(crate) built: PathBuf,
    pub(crate) joblib: PathBuf,
    pub(crate) harness: PathBuf,
    directory: tempfile::TempDir,
    batches: AtomicUsize,
}

/// A program that ends neither by itself nor by its watchdog.
const PATIENCE: Duration = Duration::from_secs(200);

impl Tools {
    pub(crate) fn new() -> Self {
        let exe = std::env::current_exe().expect("the path of this test");
        let built = exe.parent().expect("a folder").to_owned();
        let joblib = newest(&built, "libjoblib-").expect("Cargo has built the library");
        let directory = tempfile::tempdir().unwrap();
        let harness = directory.path().join("libharness.rlib");
        let rustc = std::env::var("RUSTC").unwrap_or("rustc".to_owned());
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/loop_pairs/harness/mod.rs");
        let status = Command::new(&rustc)
            .args(["--edition=2024", "--crate-type=rlib", "--crate-name=harness", "-Copt-level=1", "-o"])
            .arg(&harness)
            .arg(source)
            .status()
            .unwrap();
        assert!(status.success(), "the harness does not compile");
        Tools { rustc, built, joblib, harness, directory, batches: AtomicUsize::new(0) }
    }

    /// What is wrong with each of these programs.
    pub(crate) fn try_all(&self, setting: Setting, programs: &[Program]) -> Vec<Option<Failure>> {
        let number = self.batches.fetch_add(1, Ordering::Relaxed);
        let directory = self.directory.path().join(number.to_string());
        std::fs::create_dir_all(&directory).unwrap();
        let Compiled { executable, mut failures } = compile(self, setting, programs, &directory);
        if let Some(executable) = executable {
            let runs = |failure: &Option<Failure>| failure.as_ref().is_none_or(|it| it.kind == "warnings");
            let all: Vec<usize> = (0..programs.len()).filter(|i| runs(&failures[*i])).collect();
            run(&executable, &directory, all, &mut failures);
        }
        let _ = std::fs::remove_dir_all(&directory);
        failures
    }
}

/// The library that was built last, of several with other features.
fn newest(built: &Path, prefix: &str) -> Option<PathBuf> {
    let files = std::fs::read_dir(built).ok()?.flatten();
    files
        .filter(|file| {
            let name = file.file_name();
            let name = name.to_string_lossy();
            name.starts_with(prefix) && name.ends_with(".rlib")
        })
        .max_by_key(|file| file.metadata().and_then(|about| about.modified()).ok())
        .map(|file| file.path())
}

/// Runs these pairs; after one that crashes or hangs, those behind it.
fn run(executable: &Path, directory: &Path, mut numbers: Vec<usize>, failures: &mut [Option<Failure>]) {
    let report = directory.join("report");
    while !numbers.is_empty() {
        let list: Vec<String> = numbers.iter().map(usize::to_string).collect();
        let child = Command::new(executable)
            .arg(&report)
            .arg(list.join(","))
            .env("JOBLIB_NUM_THREADS", "4")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let status = wait(child);
        let text = std::fs::read_to_string(&report).unwrap_or_default();
        let (mut last, mut at, mut hangs) = (None, "", false);
        for line in text.lines() {
            if let Some(number) = line.strip_prefix("start ") {
                last = number.parse::<usize>().ok();
            } else if let Some((number, rest)) =
                line.strip_prefix("fail ").and_then(|rest| rest.split_once('\t'))
            {
                let (kind, detail) = rest.split_once('\t').unwrap_or((rest, ""));
                if let Ok(number) = number.parse::<usize>() {
                    failures[number] = Some(Failure { kind: kind.to_owned(), detail: detail.to_owned() });
                }
            } else if line.starts_with("at ") {
                at = line;
            }
            hangs |= line == "hang";
        }
        if text.ends_with("end\n") {
            return;
        }
        let last = last.unwrap_or(numbers[0]);
        let (kind, detail) = match status {
            _ if hangs => ("hang", at.to_owned()),
            None => ("hang", format!("{at}, and the watchdog as well")),
            Some(status) => ("crash", format!("{at}: {status}")),
        };
        failures[last] = Some(Failure { kind: kind.to_owned(), detail });
        numbers.retain(|number| *number > last);
    }
}

/// `None` after it had to be killed.
fn wait(mut child: std::process::Child) -> Option<ExitStatus> {
    let since = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if since.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
