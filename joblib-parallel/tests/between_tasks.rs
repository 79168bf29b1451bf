//! What goes wrong in worker processes where no task runs: messages that cannot be made, sent or read,
//! workers that end, and tasks that wait behind slow ones.

#![cfg(all(unix, feature = "processes"))]
#![allow(clippy::unwrap_used)]

use joblib_core::MappedArray;
use joblib_parallel::{Error, Parallel, Processes};
use ndarray::{Array1, Ix1};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::io::Write;
use std::process::Command;
use std::time::Duration;

fn two() -> Processes {
    Parallel::new().n_jobs(2).processes()
}

#[track_caller]
fn says(error: &Error, text: &str) {
    assert!(error.to_string().contains(text), "{error}");
}

/// Written without a field that reading needs.
#[derive(Serialize, Deserialize)]
struct Asymmetric {
    a: u8,
    #[serde(skip_serializing)]
    b: u8,
}

/// Panics when it is read.
#[derive(Serialize, Clone)]
struct Unreadable(u8);

impl<'de> Deserialize<'de> for Unreadable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u8::deserialize(deserializer)?;
        assert!(number > 9, "{number} is too small");
        Ok(Self(number))
    }
}

/// Panics when it is written.
#[derive(Deserialize)]
struct Unwritable(u8);

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert!(self.0 != 3, "three cannot be written");
        self.0.serialize(serializer)
    }
}

#[test]
fn what_is_shared_and_cannot_be_read_is_an_error_that_says_so() {
    let asymmetric = Asymmetric { a: 1, b: 2 };
    let run = |processes: Processes| {
        processes.share(&asymmetric).map(0..4u64, |shared, i| i + u64::from(shared.a + shared.b))
    };
    let error = run(two()).unwrap_err();
    assert!(error.is_message() && error.task_index() == Some(0), "{error}");
    says(&error, "the shared value cannot be read");
    says(&run(two().retries(3)).unwrap_err(), "missing field `b`");
    let error = two().share(&Unreadable(7)).map(0..4u64, |_, i| i).unwrap_err();
    says(&error, "the shared value cannot be read: a panic: 7 is too small");
    let all = two().share(&Unreadable(17)).map(0..4u64, |shared, i| i + u64::from(shared.0));
    assert_eq!(all.unwrap(), [17, 18, 19, 20]);
}

#[test]
fn an_item_or_a_result_whose_code_panics_is_its_tasks_error() {
    let items = [12, 3, 11].map(Unreadable);
    let outcomes = two().try_map_all(items, |item: Unreadable| Ok::<_, String>(item.0)).unwrap();
    assert_eq!([0, 2].map(|at| *outcomes[at].as_ref().unwrap()), [12, 11]);
    let error = outcomes[1].as_ref().unwrap_err().to_string();
    assert!(
        error.contains("task 1") && error.contains("its argument cannot be read: a panic: 3 is too small"),
        "{error}"
    );

    let error = two().map(0..6u8, Unwritable).map(drop).unwrap_err();
    assert_eq!(error.task_index(), Some(3));
    says(&error, "its result cannot be passed: a panic: three cannot be written");
    let error = two().map([2, 3, 4].map(Unwritable), |item: Unwritable| item.0).unwrap_err();
    assert_eq!(error.task_index(), Some(1));
    says(&error, "its argument cannot be passed: a panic: three cannot be written");
    let error = two().map([8u8, 9, 12], Unreadable).map(drop).unwrap_err();
    assert_eq!(error.task_index(), Some(0));
    says(&error, "its result cannot be read: a panic: 8 is too small");
}

#[test]
fn what_is_shared_and_exceeds_the_memory_is_told_as_that() {
    let large = vec![1.5f64; 20 << 20];
    let limited = two().memory_limit("64M").retries(1);
    let error = limited.share(&large).map(0..4usize, |shared, i| shared[i]).unwrap_err();
    assert!(error.is_memory_limit(), "{error}");
    says(&error, "while reading what the tasks share");
}

#[test]
fn more_arrays_than_there_may_be_open_files() {
    // In a process of its own: the limit is the process's.
    let child = || {
        let arrays = |count: usize| (0..count).map(|i| Array1::from_elem(200, i as f64)).collect::<Vec<_>>();
        let small = Parallel::new().n_jobs(1).processes().max_nbytes(1000);
        for count in [10, 100, 1000] {
            let sums =
                |arrays: Vec<Array1<f64>>| arrays.iter().map(|array| array.sum()).collect::<Vec<f64>>();
            assert_eq!(small.map([arrays(count)], sums).unwrap(), [sums(arrays(count))]);
            let made =
                |count: usize| (0..count).map(|i| Array1::from_elem(200, i as f64)).collect::<Vec<_>>();
            assert_eq!(small.map([count], made).unwrap(), [arrays(count)]);
            assert_eq!(small.share(&arrays(count)).map([1u8], |all, _| all.len()).unwrap(), [count]);
        }
        // Each of these keeps a file open: there is an end, of which the error tells.
        let mapped = |i: u32| MappedArray::<f64, Ix1>::from(Array1::from_elem(200, f64::from(i)));
        match small.map(0..200u32, mapped) {
            Ok(all) => assert!((0..).zip(&all).all(|(i, array)| array[7] == f64::from(i))),
            Err(error) => says(&error, "open"),
        }
    };
    if std::env::var_os(FEW_FILES).is_some() {
        return child();
    }
    let this = std::env::current_exe().unwrap();
    let script = format!(
        "ulimit -n 40; exec '{}' --exact more_arrays_than_there_may_be_open_files --nocapture",
        this.display()
    );
    let output = Command::new("sh").args(["-c", &script]).env(FEW_FILES, "1").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

const FEW_FILES: &str = "JOBLIB_TEST_FEW_FILES";

#[test]
fn workers_that_end_again_and_again_between_tasks_are_given_up() {
    let ending = two().initializer(|| std::process::exit(9));
    let error = ending.map(0..4u8, |i| i).unwrap_err();
    assert!(error.is_worker_death(), "{error}");
    says(&error, "before it was ready: exit code 9");
    let greedy = two().memory_limit("32M").initializer(|| {
        let _memory = std::hint::black_box(vec![1u8; 64 << 20]);
        std::thread::sleep(Duration::from_secs(60));
    });
    let error = greedy.map(0..4u8, |i| i).unwrap_err();
    assert!(error.is_memory_limit(), "{error}");
}

/// Ends this process a little after the task that asked for it.
fn end_soon(i: u64) -> u64 {
    std::thread::spawn(|| {
        std::thread::sleep(Duration::from_millis(2));
        std::process::exit(4);
    });
    i
}

#[test]
fn workers_that_end_after_their_tasks_lose_none() {
    let ended = Parallel::new().n_jobs(2).batch_size(1).processes().retries(20);
    let results = ended.map(0..20u64, end_soon).unwrap();
    assert_eq!(results, (0..20).collect::<Vec<_>>());
}

/// The time at which the result of each task came, and the task.
fn arrivals(processes: &Processes, tasks: u64) -> Vec<u64> {
    let stream = processes.stream(0..tasks, |i: u64| {
        std::thread::sleep(Duration::from_millis(if i == 1 { 1500 } else { 1 }));
        i
    });
    stream.unwrap().unordered().map(Result::unwrap).collect()
}

#[test]
fn nothing_waits_behind_a_slow_task_while_a_worker_has_nothing_to_do() {
    for batch_size in [1, 4, 10] {
        let processes = Parallel::new().n_jobs(2).batch_size(batch_size).processes();
        // Workers that know tasks to be short have two batches.
        processes.map(0..2000u32, |i| i).unwrap();
        assert_eq!(arrivals(&processes, 10).last(), Some(&1), "batches of {batch_size}");
    }
    let ten = Parallel::new().n_jobs(2).pre_dispatch(10).processes();
    assert_eq!(arrivals(&ten, 40).len(), 40);
}

#[test]
fn tasks_that_were_taken_back_run_once() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..20u64 {
        let processes = Parallel::new().n_jobs(3).batch_size(16).processes();
        let ran = dir.path().join(round.to_string());
        let results = processes.share(&ran).map(0..100u64, |ran, i| {
            std::thread::sleep(Duration::from_micros(if i % 37 == 5 { 30_000 } else { 50 }));
            let mut ran = std::fs::File::options().append(true).create(true).open(ran).unwrap();
            ran.write_all(&[u8::try_from(i).unwrap()]).unwrap();
            i
        });
        let all = (0..100).collect::<Vec<_>>();
        assert_eq!(results.unwrap(), all, "round {round}");
        let mut ran = std::fs::read(ran).unwrap();
        ran.sort_unstable();
        assert_eq!(ran.into_iter().map(u64::from).collect::<Vec<_>>(), all, "round {round}");
    }
}

#[test]
fn idle_workers_that_have_ended_leave_nothing_behind() {
    let children = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
        let children =
            |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("children")).unwrap();
        tasks.map(children).collect::<String>().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    if !cfg!(target_os = "linux") {
        return;
    }
    // Others, that wait longer, are known before.
    two().idle_timeout(Duration::from_secs(120)).map(0..2u8, |i| i).unwrap();
    let own = two().idle_timeout(Duration::from_millis(301));
    let pids = own.map(0..2u8, |_| std::process::id()).unwrap();
    assert!(pids.iter().all(|pid| children().contains(&pid.to_string())));
    while pids.iter().any(|pid| children().contains(&pid.to_string())) {
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn folds_miss_nothing_of_what_was_taken_back() {
    let three = Parallel::new().n_jobs(3).batch_size(1).processes();
    for _ in 0..3 {
        let slow = |i: u64| {
            let pause = match i {
                20 => 150,
                21 => 60,
                _ => 0,
            };
            std::thread::sleep(Duration::from_millis(pause));
            i
        };
        assert_eq!(three.reduce(0..60, slow, |a, b| a + b).unwrap(), Some((0..60).sum()));
    }
}

#[test]
fn workers_that_end_for_want_of_work_are_no_failure() {
    let short = Parallel::new().n_jobs(6).batch_size(1).processes().idle_timeout(Duration::from_millis(50));
    let straggling = |i: u64| {
        std::thread::sleep(Duration::from_millis(if i == 39 { 800 } else { 1 }));
        i
    };
    assert_eq!(short.map(0..40, straggling).unwrap(), (0..40).collect::<Vec<_>>());
    let mut stream = short.pre_dispatch(12).stream(0..40u64, |i| i).unwrap();
    assert_eq!(stream.next().unwrap().unwrap(), 0);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(stream.map(Result::unwrap).collect::<Vec<_>>(), (1..40).collect::<Vec<_>>());
}

/// Takes its time to be read, and then cannot.
#[derive(Serialize)]
struct SlowlyUnreadable;

impl<'de> Deserialize<'de> for SlowlyUnreadable {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        std::thread::sleep(Duration::from_millis(40));
        Err(serde::de::Error::custom("after all that"))
    }
}

#[test]
fn what_was_taken_back_from_one_that_cannot_begin_is_told_of_once() {
    for n_jobs in [2, 4] {
        let processes = Parallel::new().n_jobs(n_jobs).batch_size(8).processes();
        // Ready, so that tasks are taken back at once.
        processes.map(0..100u8, |i| i).unwrap();
        let error = processes.share(&SlowlyUnreadable).map(0..8u8, |_, i| i).unwrap_err();
        says(&error, "the shared value cannot be read");
        says(&error, "after all that");
        let outcomes =
            processes.share(&SlowlyUnreadable).try_map_all(0..8u8, |_, i| Ok::<_, String>(i)).unwrap();
        assert!(outcomes.len() == 8 && outcomes.iter().all(Result::is_err));
    }
}

#[test]
fn a_task_is_tried_as_often_as_said_whether_it_fails_or_ends_its_worker() {
    let dir = tempfile::tempdir().unwrap();
    let ran = dir.path().join("ran");
    let tried = Parallel::new().n_jobs(1).processes().retries(3);
    let outcome = tried.share(&ran).try_map([0u8], |ran, _| -> Result<(), String> {
        let mut file = std::fs::File::options().append(true).create(true).open(ran).unwrap();
        file.write_all(b".").unwrap();
        match std::fs::read(ran).unwrap().len() {
            2 | 4 => std::process::abort(),
            _ => Err("failed".into()),
        }
    });
    assert!(outcome.is_err());
    assert_eq!(std::fs::read(ran).unwrap().len(), 4);
}

/// Panics when it is dropped, in a worker.
#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct BadToDrop(u8);

impl Drop for BadToDrop {
    fn drop(&mut self) {
        assert!(self.0 != 3 || !joblib_parallel::is_worker(), "dropping three");
    }
}

#[test]
fn dropping_what_was_passed_is_no_tasks_failure() {
    for batch_size in [1, 4, 64] {
        let processes = Parallel::new().n_jobs(1).batch_size(batch_size).processes();
        let passed = processes.map(0..8u8, BadToDrop).unwrap();
        assert!(passed.iter().map(|value| value.0).eq(0..8));
    }
}

#[test]
fn who_holds_the_output_is_ended_all_the_same() {
    let limited = Parallel::new().n_jobs(1).processes().memory_limit("64M");
    let error = limited.map([()], |()| {
        let _lock = std::io::stdout().lock();
        let memory = std::hint::black_box(vec![1u8; 200 << 20]);
        std::thread::sleep(Duration::from_secs(60));
        memory.len()
    });
    assert!(error.unwrap_err().is_memory_limit());
}
