//! What runs tell of themselves.

#![allow(clippy::unwrap_used)]

use joblib_parallel::{BatchReport, Parallel, Reporter, RunEnd, RunStart, TaskRng, task_rng};
use rand_core::Rng;
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Record(Mutex<Vec<String>>);

impl Reporter for Record {
    fn begin(&self, run: &RunStart) {
        self.0.lock().unwrap().push(format!("begin {} {} {:?}", run.backend, run.n_jobs, run.total));
    }

    fn batch(&self, batch: &BatchReport) {
        assert!(batch.begin <= batch.end && batch.done >= batch.tasks);
        self.0
            .lock()
            .unwrap()
            .extend((batch.first..batch.first + batch.tasks).map(|index| format!("{index:03}")));
    }

    fn end(&self, run: &RunEnd) {
        self.0.lock().unwrap().push(format!("end {}", run.done));
    }
}

/// The begin, the tasks told of in order, and the end.
fn told(record: &Record) -> (String, Vec<String>, String) {
    let mut lines = std::mem::take(&mut *record.0.lock().unwrap());
    let (begin, end) = (lines.remove(0), lines.pop().unwrap());
    lines.sort();
    (begin, lines, end)
}

#[test]
fn every_task_is_told_of_once_between_begin_and_end() {
    let record = Arc::new(Record::default());
    let tasks = |count: usize| (0..count).map(|index| format!("{index:03}")).collect::<Vec<_>>();
    for n_jobs in [1, 3] {
        let parallel = Parallel::new().n_jobs(n_jobs).reporter(record.clone());
        parallel.map(0..200, |i| i).unwrap();
        assert_eq!(
            told(&record),
            (format!("begin threads {n_jobs} Some(200)"), tasks(200), "end 200".into())
        );
        parallel.stream(0..50, |i| i).unwrap().for_each(drop);
        // The stream's own thread tells of the end.
        while !record.0.lock().unwrap().last().is_some_and(|line| line.starts_with("end")) {
            std::thread::yield_now();
        }
        assert_eq!(told(&record).1, tasks(50));
        let failed = parallel.try_map(0..100, |i| if i == 10 { Err(()) } else { Ok(()) });
        assert!(failed.is_err());
        assert!(told(&record).2.starts_with("end"));
    }
    if cfg!(unix) {
        Parallel::new().n_jobs(2).reporter(record.clone()).processes().map(0..200, |i: i32| i).unwrap();
        assert_eq!(told(&record), ("begin processes 2 Some(200)".into(), tasks(200), "end 200".into()));
    }
}

#[test]
fn the_timeline_is_json_with_a_slice_per_batch() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let spin = |i: u64| (0..1000).fold(i, |a, b| a.wrapping_mul(31).wrapping_add(b));
    Parallel::new().n_jobs(2).batch_size(10).trace(file.path()).map(0..100, spin).unwrap();
    let events: Vec<serde_json::Value> =
        serde_json::from_str(&std::fs::read_to_string(file.path()).unwrap()).unwrap();
    let slices: Vec<_> = events.iter().filter(|event| event["ph"] == "X").collect();
    assert_eq!(slices.len(), 10);
    assert_eq!(slices.iter().map(|slice| slice["args"]["tasks"].as_u64().unwrap()).sum::<u64>(), 100);
    assert!(slices.iter().all(|slice| slice["ts"].is_number() && slice["dur"].is_number()));
    assert!(events.iter().any(|event| event["name"] == "thread_name"));
    // A file that cannot be written does not fail the run.
    Parallel::new().trace("/no/such/folder/trace.json").map(0..3, |i| i).unwrap();
}

/// Prints what the next test reads.
#[test]
fn verbose_child() {
    let Ok(level) = std::env::var("JOBLIB_TEST_VERBOSE") else { return };
    let (n_jobs, level) = level.split_once(' ').unwrap();
    let parallel = Parallel::new().n_jobs(n_jobs.parse().unwrap()).batch_size(1);
    parallel.verbose(level.parse().unwrap()).map(0..20, |i| i).unwrap();
}

#[test]
fn verbose_prints_pythons_lines_where_python_does() {
    let run = |n_jobs: u32, level: u32| {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "verbose_child", "--nocapture"])
            .env("JOBLIB_TEST_VERBOSE", format!("{n_jobs} {level}"))
            .output()
            .unwrap();
        let lines = |text: Vec<u8>| {
            let text = String::from_utf8(text).unwrap();
            text.lines()
                .filter_map(|line| line.split_once("[Parallel").map(|(_, line)| line.to_owned()))
                .collect()
        };
        (lines(output.stdout), lines(output.stderr))
    };
    for n_jobs in [1, 2] {
        let silent: (Vec<String>, Vec<String>) = run(n_jobs, 0);
        assert_eq!((silent.0.len(), silent.1.len()), (0, 0));
        let (stdout, stderr) = run(n_jobs, 5);
        assert!(stdout.is_empty());
        assert_eq!(
            stderr[0],
            format!("(n_jobs={n_jobs})]: Using backend threads with {n_jobs} concurrent workers.")
        );
        assert!(
            stderr.last().unwrap().starts_with(&format!("(n_jobs={n_jobs})]: Done 20 out of 20 | elapsed: "))
        );
        assert!(stderr.last().unwrap().ends_with(" finished"));
        let (stdout, stderr) = run(n_jobs, 50);
        assert!(stderr.is_empty());
        // One for each batch but the last, the first and the last.
        assert_eq!(stdout.len(), 21);
        assert!(stdout[5].contains(" out of 20 | elapsed: ") && stdout[5].contains(" remaining: "));
    }
}

#[test]
fn random_streams_belong_to_tasks_not_to_threads_or_processes() {
    let draw = |_: u32| {
        let mut rng = task_rng(7);
        (rng.next_u64(), rng.next_u32())
    };
    let expected: Vec<_> = (0..500)
        .map(|index| {
            let mut rng = TaskRng::of_task(7, index);
            (rng.next_u64(), rng.next_u32())
        })
        .collect();
    for n_jobs in [1, 2, 5] {
        assert_eq!(Parallel::new().n_jobs(n_jobs).map(0..500, draw).unwrap(), expected);
        let streamed: Vec<_> =
            Parallel::new().n_jobs(n_jobs).stream(0..500, draw).unwrap().map(Result::unwrap).collect();
        assert_eq!(streamed, expected);
    }
    if cfg!(unix) {
        assert_eq!(Parallel::new().n_jobs(2).processes().map(0..500, draw).unwrap(), expected);
    }
}
