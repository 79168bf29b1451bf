//! Between processes: one computation per key, references, the environment.
//!
//! A child is this very test binary, told to run the one test [`child`] and in it the role named in its
//! environment.

use crate::heard::Heard;
use crate::support::{Runs, block_on, memory};
use joblib::{MemorizedResult, Memory, cached};
use std::future::{Future, poll_fn};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

const ROLE: &str = "JOBLIB_TEST_ROLE";
const DIR: &str = "JOBLIB_TEST_DIR";

static RUNS: Runs = Runs::new();

#[cached(memory = memory, ignore = ["memory", "log", "pause"])]
fn logged(memory: &Memory, x: u64, log: &Path, pause: Duration) -> u64 {
    RUNS.add();
    note(log, x);
    std::thread::sleep(pause);
    x + 1
}

#[cached(memory = memory, ignore = ["memory", "log", "pause"])]
async fn awaited(memory: &Memory, x: u64, log: &Path, pause: Duration) -> u64 {
    note(log, x);
    std::thread::sleep(pause);
    x + 1
}

#[cached(memory = memory, ignore = ["memory", "body"])]
fn fails(memory: &Memory, x: u64, body: &dyn Fn()) -> Result<u64, String> {
    body();
    Err(format!("{x} fails"))
}

#[cached(memory = memory, ignore = ["memory", "body"])]
fn does(memory: &Memory, x: u64, body: &dyn Fn(u64) -> u64) -> u64 {
    body(x)
}

#[cached(verbose = 2)]
fn talkative(x: u8, text: &str) -> usize {
    usize::from(x) + text.len()
}

/// Plays a role, in a child; nothing otherwise.
#[test]
fn child() {
    let (Ok(role), Some(dir)) = (std::env::var(ROLE), std::env::var_os(DIR)) else { return };
    let dir = Path::new(&dir);
    let log = dir.join("log");
    let memory = Memory::new(dir.join("cache"));
    match role.as_str() {
        "compute" => assert_eq!(logged(&memory, 1, &log, Duration::from_millis(400)), 2),
        "many" => (0..50).for_each(|x| assert_eq!(logged(&memory, x, &log, Duration::from_millis(4)), x + 1)),
        "for ever" => {
            logged(&memory, 1, &log, Duration::from_secs(600));
        }
        "hold many" => std::thread::scope(|scope| {
            for x in 0..MANY {
                let (memory, log) = (&memory, &log);
                scope.spawn(move || block_on(awaited(memory, x, log, Duration::from_secs(600))));
            }
        }),
        "wait for many" => wait_for_many(dir, &memory, &log),
        "fails" => {
            let (heard, me) = (Heard::default(), std::process::id());
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    heard.until_waiting(1);
                    note(&dir.join("waiting"), u64::from(me));
                });
                let computing = dir.join("computing");
                let body = || {
                    note(&computing, u64::from(me));
                    wait_for_lines(&computing, 3);
                };
                assert!(heard.during(|| fails(&memory, 1, &body)).is_err());
            });
        }
        "one of two" => want_each_others(&memory, &log, 1),
        "other of two" => want_each_others(&memory, &log, 2),
        "shelve" => {
            let shelved = logged::entry(&memory, 1, &log, Duration::ZERO).shelve();
            std::fs::write(dir.join("reference"), shelved.to_string()).unwrap();
        }
        "runs" => {
            logged(&memory, 1, &log, Duration::ZERO);
            logged(&memory, 1, &log, Duration::ZERO);
            println!("runs: {}", RUNS.take());
        }
        "default" => {
            talkative(1, "ab");
            talkative(1, "ab");
            println!("dir: {}", talkative::memo().dir().unwrap().display());
        }
        other => panic!("no role {other}"),
    }
}

fn command(role: &str, dir: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "processes::child", "--nocapture"])
        .env(ROLE, role)
        .env(DIR, dir)
        .env_remove("JOBLIB_CACHE")
        .stdout(Stdio::piped());
    command
}

fn start(role: &str, dir: &Path) -> Child {
    command(role, dir).spawn().unwrap()
}

fn output(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn lines(log: &Path) -> Vec<String> {
    let mut lines: Vec<String> =
        std::fs::read_to_string(log).unwrap_or_default().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn wait_for_line(log: &Path) {
    wait_for_lines(log, 1);
}

fn wait_for_lines(log: &Path, count: usize) {
    let start = Instant::now();
    while lines(log).len() < count {
        assert!(start.elapsed() < Duration::from_secs(60), "the child never computed");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn note(log: &Path, x: u64) {
    let mut log = std::fs::File::options().create(true).append(true).open(log).unwrap();
    writeln!(log, "{x}").unwrap();
}

/// How many keys one process holds while another wants them all.
const MANY: u64 = 20;

/// Waits in one thread for all that another process computes, gives up, and waits again until that one is
/// killed.
fn wait_for_many(dir: &Path, memory: &Memory, log: &Path) {
    struct Deaf;
    impl Wake for Deaf {
        fn wake(self: Arc<Self>) {}
    }
    let threads = || std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
    let calls = || (0..MANY).map(|x| Box::pin(awaited(memory, x, log, Duration::ZERO))).collect::<Vec<_>>();
    let (task, before) = (Arc::new(Deaf), threads());
    {
        let waker = Waker::from(Arc::clone(&task));
        let mut context = Context::from_waker(&waker);
        assert!(calls().iter_mut().all(|call| call.as_mut().poll(&mut context).is_pending()));
        // The one that wakes all.
        assert!(threads() <= before + 1);
    }
    // It may be about to wake one.
    while Arc::strong_count(&task) > 1 {
        std::thread::yield_now();
    }
    let (mut calls, mut results) = (calls(), Vec::new());
    block_on(poll_fn(|context| {
        calls.retain_mut(|call| match call.as_mut().poll(context) {
            Poll::Ready(result) => {
                results.push(result);
                false
            }
            Poll::Pending => true,
        });
        if results.is_empty() {
            std::fs::write(dir.join("waiting"), "all\n").unwrap();
        }
        if calls.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }));
    results.sort_unstable();
    assert!(results.into_iter().eq(1..=MANY));
}

/// Computes one of two keys and, in it, wants the other, for which a thread that computes nothing has begun
/// to wait.
fn want_each_others(memory: &Memory, log: &Path, own: u64) {
    let heard = Heard::default();
    let wait = || does(memory, 3 - own, &|_| 10);
    let body = |_| {
        note(log, own);
        wait_for_lines(log, 2);
        std::thread::scope(|scope| {
            scope.spawn(|| heard.during(wait));
            heard.until_waiting(1);
            wait()
        })
    };
    assert_eq!(does(memory, own, &body), 10);
}

#[test]
fn processes_that_wait_for_each_other_through_threads_end() {
    let dir = tempfile::tempdir().unwrap();
    for mut child in ["one of two", "other of two"].map(|role| start(role, dir.path())) {
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn processes_that_want_one_key_compute_it_once() {
    let dir = tempfile::tempdir().unwrap();
    let children: Vec<Child> = (0..4).map(|_| start("compute", dir.path())).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(lines(&dir.path().join("log")), ["1"]);
}

#[test]
fn processes_that_walk_through_the_same_keys_share_the_work() {
    let dir = tempfile::tempdir().unwrap();
    let children: Vec<Child> = (0..3).map(|_| start("many", dir.path())).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(lines(&dir.path().join("log")).len(), 50);
}

#[test]
fn a_killed_process_frees_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let mut holder = start("for ever", dir.path());
    wait_for_line(&log);
    holder.kill().unwrap();
    holder.wait().unwrap();
    let mut next = start("compute", dir.path());
    assert!(next.wait().unwrap().success());
    assert_eq!(lines(&log), ["1", "1"]);
}

#[test]
fn tasks_wait_for_another_process_without_a_thread_each_until_it_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let mut holder = start("hold many", dir.path());
    wait_for_lines(&log, MANY as usize);
    let mut waiter = start("wait for many", dir.path());
    wait_for_line(&dir.path().join("waiting"));
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(waiter.wait().unwrap().success());
    assert_eq!(lines(&log).len(), 2 * MANY as usize);
}

#[test]
fn processes_go_on_at_once_where_the_one_they_wait_for_fails() {
    let dir = tempfile::tempdir().unwrap();
    let memory = Memory::new(dir.path().join("cache"));
    let children = Mutex::new(Vec::new());
    let failed = fails(&memory, 1, &|| {
        children.lock().unwrap().extend((0..3).map(|_| start("fails", dir.path())));
        wait_for_lines(&dir.path().join("waiting"), 3);
    });
    assert!(failed.is_err());
    for mut child in children.into_inner().unwrap() {
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn a_reference_is_read_in_another_process() {
    let dir = tempfile::tempdir().unwrap();
    assert!(start("shelve", dir.path()).wait().unwrap().success());
    let text = std::fs::read_to_string(dir.path().join("reference")).unwrap();
    let reference: MemorizedResult<u64> = text.parse().unwrap();
    assert_eq!(reference.get().unwrap(), 2);
    Memory::new(dir.path().join("cache")).clear().unwrap();
    assert!(reference.get().unwrap_err().is_not_found());
}

#[test]
fn the_environment_decides_what_is_read_and_written() {
    let dir = tempfile::tempdir().unwrap();
    let runs = |mode: &str| {
        let mut command = command("runs", dir.path());
        command.env("JOBLIB_CACHE", mode);
        let output = output(command);
        output.lines().find_map(|line| line.strip_prefix("runs: ").map(str::to_owned)).unwrap()
    };
    assert_eq!(runs("readonly"), "2", "nothing there, nothing kept");
    assert_eq!(runs("off"), "2");
    assert_eq!(runs("on"), "1");
    assert_eq!(runs(""), "0");
    assert_eq!(runs("READONLY"), "0");
    assert_eq!(runs("off"), "2");
    assert_eq!(runs("refresh"), "2");
    assert_eq!(runs("nonsense"), "0", "ignored, with a warning");
}

#[test]
fn the_default_place_follows_the_environment() {
    let dir = tempfile::tempdir().unwrap();
    let mut named = command("default", dir.path());
    named.env("JOBLIB_CACHE_DIR", dir.path().join("named"));
    assert!(output(named).contains(&format!("dir: {}", dir.path().join("named").display())));

    let mut user = command("default", dir.path());
    user.env_remove("JOBLIB_CACHE_DIR")
        .env("XDG_CACHE_HOME", dir.path().join("user"))
        .env("HOME", dir.path());
    let output = output(user);
    let place = output.lines().find_map(|line| line.strip_prefix("dir: ")).unwrap();
    assert!(Path::new(place).starts_with(dir.path()) && place.contains("joblib"), "{place}");
}

#[test]
fn verbose_lines_are_pythons() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = command("default", dir.path());
    child.env("JOBLIB_CACHE_DIR", dir.path().join("named"));
    let output = output(child);
    let rule = "_".repeat(80);
    let expected = [
        rule.as_str(),
        "[Memory] Calling memory::processes::talkative...",
        "talkative(x=1, text=\"ab\")",
        &format!("{}talkative - 0.0s, 0.0min", "_".repeat(80 - 24)),
        "[Memory]: Loading memory::processes::talkative...",
    ];
    let lines: Vec<&str> = output.lines().collect();
    let at = lines.iter().position(|line| line.ends_with(rule.as_str())).unwrap();
    assert_eq!(&lines[at + 1..at + 5], &expected[1..]);
}

#[test]
fn two_memories_of_one_directory_share_everything() {
    let (dir, first) = memory();
    let second = Memory::new(dir.path());
    let log = dir.path().join("log");
    assert_eq!(logged(&first, 9, &log, Duration::ZERO), 10);
    assert!(logged::entry(&second, 9, &log, Duration::ZERO).is_cached());
    second.clear().unwrap();
    assert!(!logged::entry(&first, 9, &log, Duration::ZERO).is_cached());
}
