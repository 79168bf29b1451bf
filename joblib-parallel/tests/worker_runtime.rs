//! What a program's runtime has set up when `main` begins is set up in a worker, too.

#![cfg(all(unix, feature = "processes"))]
#![allow(clippy::unwrap_used, unsafe_code)]

use joblib_parallel::Parallel;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::fd::AsRawFd;
use std::process::{Command, Stdio};

/// Writes to a process that is gone.
fn write_to_nobody(_: u32) -> Option<String> {
    let mut gone = Command::new("true").stdin(Stdio::piped()).spawn().unwrap();
    let mut pipe = gone.stdin.take().unwrap();
    gone.wait().unwrap();
    let written = pipe.write_all(&[0; 1 << 20]);
    written.err().filter(|error| error.kind() == ErrorKind::BrokenPipe).map(|error| error.to_string())
}

#[test]
fn writing_to_a_process_that_is_gone_is_an_error_in_a_worker_as_on_a_thread() {
    let parallel = Parallel::new().n_jobs(2);
    let here = parallel.map(0..2, write_to_nobody).unwrap();
    assert!(here.iter().all(Option::is_some));
    assert_eq!(parallel.processes().map(0..2, write_to_nobody).unwrap(), here);
}

const CLOSED: &str = "JOBLIB_TEST_CLOSED";

/// Standard output and standard error of a child, which has closed them, in its worker.
#[test]
fn closed() {
    let Some(report) = std::env::var_os(CLOSED) else { return };
    // SAFETY: nothing is printed from here on.
    unsafe {
        libc::close(1);
        libc::close(2);
    }
    let opened = Parallel::new().n_jobs(1).processes().map([()], |()| {
        println!("to nobody");
        let file = File::open("/dev/zero").unwrap();
        eprintln!("to nobody");
        file.as_raw_fd()
    });
    std::fs::write(report, format!("{opened:?}")).unwrap();
    // SAFETY: ends the child, whose test harness has no output either.
    unsafe { libc::_exit(0) };
}

#[test]
fn a_file_that_a_task_opens_is_never_its_standard_output() {
    let dir = tempfile::tempdir().unwrap();
    let report = dir.path().join("report");
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "closed", "--nocapture"]).env(CLOSED, &report);
    assert!(child.status().unwrap().success());
    let report = std::fs::read_to_string(report).unwrap();
    let number = report.strip_prefix("Ok([").and_then(|rest| rest.strip_suffix("])"));
    assert!(number.and_then(|number| number.parse().ok()).is_some_and(|number: i32| number > 2), "{report}");
}

#[test]
fn a_worker_has_the_environment_of_its_parent_and_threads_variables() {
    let variables =
        |_: u8| std::env::vars_os().map(|(name, _)| name.into_string().unwrap()).collect::<Vec<_>>();
    let [found] = &Parallel::new().n_jobs(1).processes().map([0], variables).unwrap()[..] else {
        unreachable!()
    };
    let here = variables(0);
    for name in found {
        assert!(
            here.contains(name) || name.ends_with("_NUM_THREADS") || name == "VECLIB_MAXIMUM_THREADS",
            "{name}"
        );
    }
    assert!(here.iter().all(|name| found.contains(name)));
}
