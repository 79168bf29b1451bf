//! What runs say of themselves, and that saying it changes no result.

#![allow(unsafe_code)]

use crate::heard::heard;
use crate::terminal::{self, Screen};
use joblib::progress::{BatchReport, Reporter, RunEnd, RunStart};
use joblib::{Memory, Parallel, cached, parallel_for};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Everything at once, as some write it: the macros of `std` are still `std`'s.
mod glob {
    use joblib::*;

    #[test]
    fn a_glob_import_leaves_println_alone() {
        println!("{}", cpu_count());
        eprintln!("{}", Parallel::new().n_jobs(2).map(0..3u32, |i| i).unwrap().len());
        progress::println!("above any bars");
    }
}

const ROLE: &str = "JOBLIB_TEST_REPORTS";
const OUTPUTS: &str = "JOBLIB_TEST_OUTPUTS";
const ANSWER: &str = "JOBLIB_TEST_ANSWER";

#[cached(memory = memory, verbose = 11, hot = "1M", ignore = ["memory"])]
fn talkative(memory: &Memory, x: u32) -> u32 {
    x + 1
}

#[parallel_for]
fn slow_loop(n: u32, text: Option<&str>) -> u32 {
    let mut sum = 0;
    #[parallel_for(progress, reduce(+ = sum))]
    for i in 0..n {
        std::thread::sleep(Duration::from_millis(30));
        if let Some(text) = text {
            joblib::progress::println!("{text} {i}");
        }
        sum += i;
    }
    sum
}

/// Everything that reports, on both outputs; what came of it.
fn report_all(dir: &Path) -> Vec<u32> {
    let memory = Memory::new(dir);
    let mut all: Vec<u32> = [1, 1, 2].into_iter().map(|x| talkative(&memory, x)).collect();
    for level in [5, 50] {
        let parallel = Parallel::new().n_jobs(2).verbose(level).progress(true);
        all.extend(parallel.map(0..3u32, |i| i * 2).unwrap());
        all.extend(parallel.processes().map(0..3u32, |i| i * 3).unwrap());
    }
    all.push(slow_loop(4, None));
    all
}

#[cfg(target_os = "linux")]
const ALL: [u32; 16] = [2, 2, 3, 0, 2, 4, 0, 3, 6, 0, 2, 4, 0, 3, 6, 6];

/// Plays a role, in a child; nothing otherwise.
#[test]
fn child() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let slow = |i: u32| {
        std::thread::sleep(Duration::from_millis(30));
        joblib::progress::println!("task {i}");
    };
    match role.as_str() {
        "results" => {
            // A program may take panics as fatal: there shall be none.
            std::panic::set_hook(Box::new(|_| std::process::exit(3)));
            answer_without_outputs();
        }
        "logging" => {
            let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
            tracing::subscriber::set_global_default(subscriber.with_writer(io::stderr).finish()).unwrap();
            answer_without_outputs();
        }
        "run" => Parallel::new().n_jobs(2).progress(true).for_each(0..10, slow).unwrap(),
        "processes" => Parallel::new().n_jobs(2).progress(true).processes().for_each(0..10, slow).unwrap(),
        // The library's own lines.
        "loud" => {
            let dir = tempfile::tempdir().unwrap();
            let memory = Memory::new(dir.path());
            let task = |i: u32| {
                std::thread::sleep(Duration::from_millis(30));
                talkative(&memory, i % 4);
            };
            Parallel::new().n_jobs(2).progress(true).verbose(50).for_each(0..12u32, task).unwrap();
        }
        "twice" => {
            Parallel::new().n_jobs(2).progress(true).for_each(0..10, slow).unwrap();
            joblib::progress::println!("between");
            std::println!("and by std");
            Parallel::new().n_jobs(2).progress(true).for_each(0..10, slow).unwrap();
            joblib::progress::eprintln!("after");
        }
        "calling" => call_while_told(),
        "loop" => assert_eq!(slow_loop(10, Some("task")), 45),
        other => panic!("no role {other}"),
    }
    // SAFETY: ends the child; its harness may have no output.
    unsafe { libc::_exit(0) };
}

fn command(role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "reports::child", "--nocapture"]).env(ROLE, role);
    command
}

/// Takes standard output and standard error away, as the environment says, and answers in a file.
fn answer_without_outputs() {
    let outputs: OwnedFd = match std::env::var(OUTPUTS).unwrap().as_str() {
        "full" => File::options().write(true).open("/dev/full").unwrap().into(),
        // Nobody reads it.
        "pipe" => io::pipe().unwrap().1.into(),
        _ => {
            // SAFETY: nobody has these borrowed.
            unsafe { (libc::close(1), libc::close(2)) };
            return answer();
        }
    };
    // SAFETY: both stay open.
    unsafe { (libc::dup2(outputs.as_raw_fd(), 1), libc::dup2(outputs.as_raw_fd(), 2)) };
    answer();
}

fn answer() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(std::env::var_os(ANSWER).unwrap(), format!("{:?}", report_all(dir.path()))).unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn outputs_that_cannot_be_written_to_change_no_result() {
    let dir = tempfile::tempdir().unwrap();
    for role in ["results", "logging"] {
        for outputs in ["closed", "full", "pipe"] {
            let answer = dir.path().join(format!("{role} {outputs}"));
            let child = command(role).env(ANSWER, &answer).env(OUTPUTS, outputs).output().unwrap();
            let answered = std::fs::read_to_string(&answer).unwrap_or_default();
            assert_eq!(answered, format!("{ALL:?}"), "{role} {outputs}: {child:?}");
        }
    }
}

#[test]
fn lines_printed_by_tasks_stand_above_one_bar() {
    for role in ["run", "loop", "processes"] {
        let output = terminal::output(command(role).env("TERM", "xterm").env_remove("NO_COLOR"));
        assert!(output.contains("\x1b["), "no bar was drawn: {output}");
        let lines = Screen::of(&output).into_lines();
        let label = if role == "loop" { "reports.rs:" } else { "joblib: " };
        let (last, tasks) = lines.split_last().unwrap();
        assert!(last.contains(label) && last.contains("10 done in "), "{role}: {lines:#?}");
        // The first line is the harness's.
        assert!(
            tasks.len() == 11 && tasks[1..].iter().all(|line| line.starts_with("task ")),
            "{role}: {lines:#?}"
        );
    }
}

#[test]
fn lines_of_the_librarys_own_leave_no_bar_behind() {
    let output = terminal::output(command("loud").env("TERM", "xterm").env_remove("NO_COLOR"));
    let lines = Screen::of(&output).into_lines();
    assert!(lines.iter().any(|line| line.starts_with("[Memory] Calling ")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("[Parallel(n_jobs=2)]: Done ")), "{lines:#?}");
    let bars = lines.iter().filter(|line| line.contains("joblib: ") && line.contains("/12 [")).count();
    assert_eq!(bars, 0, "{lines:#?}");
}

#[test]
fn what_a_run_has_said_stays() {
    let output = terminal::output(command("twice").env("TERM", "xterm").env_remove("NO_COLOR"));
    let lines = Screen::of(&output).into_lines();
    let kind = |line: &String| match line.as_str() {
        line if line.starts_with("task ") => "task".to_owned(),
        line if line.starts_with("joblib: 10 done in ") => "end".to_owned(),
        other => other.to_owned(),
    };
    let seen: Vec<String> = lines.iter().map(kind).skip_while(|line| line != "task").collect();
    let mut expected = vec!["task"; 10];
    expected.extend(["end", "between", "and by std"]);
    expected.extend(["task"; 10]);
    expected.extend(["end", "after"]);
    assert_eq!(seen, expected, "{lines:#?}");
}

#[test]
fn terminals_that_take_no_escape_codes_are_sent_none() {
    for role in ["run", "loop", "processes"] {
        for (variable, value) in [("TERM", "dumb"), ("NO_COLOR", "1")] {
            let output = terminal::output(command(role).env("TERM", "xterm").env(variable, value));
            assert!(output.contains("task 9") && !output.contains('\x1b'), "{role} {variable}: {output:?}");
        }
    }
}

struct Panicking;

impl Reporter for Panicking {
    fn begin(&self, _: &RunStart) {
        panic!("begin");
    }

    fn batch(&self, _: &BatchReport) {
        panic!("batch");
    }

    fn end(&self, _: &RunEnd) {
        panic!("end");
    }
}

#[test]
fn a_reporter_that_panics_changes_no_result() {
    let parallel = Parallel::new().n_jobs(2).reporter(Arc::new(Panicking));
    let doubled: Vec<u32> = (0..20).map(|i| i * 2).collect();
    assert_eq!(parallel.map(0..20u32, |i| i * 2).unwrap(), doubled);
    let streamed: joblib::Result<Vec<u32>> = parallel.stream(0..20, |i| i * 2).unwrap().collect();
    assert_eq!(streamed.unwrap(), doubled);
    assert_eq!(parallel.processes().map(0..20u32, |i| i * 2).unwrap(), doubled);
}

/// Does the same whatever it is told.
struct Does(fn());

impl tracing::Subscriber for Does {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        (self.0)();
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        (self.0)();
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn a_subscriber_that_panics_changes_no_result() {
    let dir = tempfile::tempdir().unwrap();
    tracing::subscriber::with_default(Does(|| panic!("told")), || {
        let memory = Memory::new(dir.path());
        assert_eq!([talkative(&memory, 1), talkative(&memory, 1), talkative(&memory, 2)], [2, 2, 3]);
        assert_eq!(Parallel::new().n_jobs(2).map(0..3u32, |i| i).unwrap(), [0, 1, 2]);
        assert_eq!(Parallel::new().n_jobs(2).processes().map(0..3u32, |i| i).unwrap(), [0, 1, 2]);
    });
}

#[cached(memory = memory, max_items = 20, ignore = ["memory"])]
fn limited(memory: &Memory, x: u32) -> Vec<u8> {
    vec![x as u8; 300]
}

static MEMORY: OnceLock<Memory> = OnceLock::new();

/// Opens, grows, evicts and compacts, and calls a cached function of the same directory whenever that is
/// said.
fn call_while_told() {
    let dir = tempfile::tempdir().unwrap();
    // What a process that died has left is removed, which is said.
    std::fs::create_dir_all(dir.path().join("joblib-v2/.tmp")).unwrap();
    std::fs::write(dir.path().join("joblib-v2/.tmp/1-1"), "unfinished").unwrap();
    let call = || {
        let memory = MEMORY.get().unwrap();
        assert_eq!(limited(memory, 7), [7; 300]);
        assert_eq!(talkative(memory, 7), 8);
    };
    tracing::subscriber::set_global_default(Does(call)).unwrap();
    let memory = MEMORY.get_or_init(|| Memory::new(dir.path()));
    for x in (0..1000).chain(0..20) {
        assert_eq!(limited(memory, x), [x as u8; 300]);
        assert_eq!(talkative(memory, x), x + 1);
    }
    assert!(limited::memo(memory).stats().entries <= 20);
}

#[test]
fn a_subscriber_that_calls_a_cached_function_neither_hangs_nor_recurses() {
    let child = command("calling").output().unwrap();
    assert!(child.status.success(), "{child:?}");
}

#[test]
fn a_worker_that_the_time_limit_ends_is_said_to_have_ended_so() {
    let parallel = Parallel::new().n_jobs(1).timeout(Duration::from_millis(100)).processes();
    let said = heard(|| {
        let late = parallel.map(0..1u32, |_| std::thread::sleep(Duration::from_secs(60)));
        assert!(late.unwrap_err().is_timeout());
    });
    let said = said.join("\n");
    assert!(said.contains("ended by the time limit of 100ms") && !said.contains("memory"), "{said}");
}
