//! Worker processes: the answers, what passes between them, and what becomes of those that die.

#![cfg(all(unix, feature = "processes"))]
#![allow(clippy::unwrap_used)]

use joblib_core::{MappedArray, MmapMode, share};
use joblib_parallel::{
    CancelToken, Parallel, Processes, TaskError, is_cancelled, is_worker, parallel_config,
};
use ndarray::{Array1, Array2, Ix1, Ix2, s};
use serde::{Deserialize, Serialize};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn two() -> Processes {
    Parallel::new().n_jobs(2).processes()
}

#[test]
fn answers_come_from_other_processes_in_order() {
    let results = two().map(0..1000u64, |i| (i * i, std::process::id(), is_worker())).unwrap();
    for (i, (square, pid, inside)) in results.iter().enumerate() {
        assert_eq!(*square, (i * i) as u64);
        assert!(*inside && *pid != std::process::id());
    }
    assert!(!is_worker());
    assert_eq!(two().map(Vec::<u8>::new(), |i| i).unwrap(), []);
    fn double(i: i32) -> i32 {
        i * 2
    }
    assert_eq!(two().map([1, 2, 3], double).unwrap(), [2, 4, 6]);
}

#[test]
fn workers_are_kept_between_runs() {
    // Settings of its own, so that no other test uses these workers.
    let own = two().idle_timeout(Duration::from_secs(299));
    let pids = |_: u8| std::process::id();
    let first = own.map(0..2, pids).unwrap();
    for _ in 0..5 {
        for pid in own.map(0..2, pids).unwrap() {
            assert!(first.contains(&pid));
        }
    }
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
struct Model {
    name: String,
    weights: Array2<f64>,
    small: Vec<u8>,
}

#[test]
fn arrays_large_and_small_pass_both_ways() {
    let weights = Array2::from_shape_fn((600, 500), |(i, j)| (i * 1000 + j) as f64);
    let model = Model { name: "m".into(), weights: weights.clone(), small: vec![1, 2, 3] };
    let doubled = two().map([model.clone(), model.clone()], |mut model: Model| {
        model.weights *= 2.0;
        model.small.push(4);
        model
    });
    for model in doubled.unwrap() {
        assert_eq!(model.weights, &weights * 2.0);
        assert_eq!(model.small, [1, 2, 3, 4]);
    }
    let sums = two().share(&model).map(0..4usize, |model, row| model.weights.row(row).sum()).unwrap();
    assert_eq!(sums, (0..4).map(|row| weights.row(row).sum()).collect::<Vec<_>>());
}

#[test]
fn only_arrays_beyond_the_threshold_are_mapped() {
    let is_mapped = |a: MappedArray<u8, Ix1>| (a.is_mapped(), a.iter().map(|&x| u64::from(x)).sum::<u64>());
    let of = |len: usize| MappedArray::from(Array1::<u8>::ones(len));
    let run = |processes: Processes| processes.map([of(1000), of(1001)], is_mapped).unwrap();
    assert_eq!(run(two().max_nbytes(1000)), [(false, 1000), (true, 1001)]);
    assert_eq!(run(two()), [(false, 1000), (false, 1001)]);
    let large = two().without_shared_memory().map([of(3 << 20)], is_mapped).unwrap();
    assert_eq!(large, [(false, 3 << 20)]);
    let error = two().max_nbytes("many").map([1], |i: i32| i).unwrap_err();
    assert!(error.is_invalid() && error.to_string().contains("max_nbytes"));
    let error = two().memory_limit("much").map([1], |i: i32| i).unwrap_err();
    assert!(error.is_invalid() && error.to_string().contains("memory_limit"));
}

#[test]
fn mapped_arrays_pass_by_reference_in_their_mode() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, [0u8; 800]).unwrap();
    let open = |mode| {
        MappedArray::<f64, Ix2>::open(&file, 0, &[10, 10], joblib_core::array::Order::C, mode).unwrap()
    };
    // Also when small; the worker's writes go to the file.
    let array = open(MmapMode::ReadWrite);
    let written = two().map([array], |mut a: MappedArray<f64, Ix2>| {
        a.view_mut().unwrap()[[3, 4]] = 5.0;
        (a.is_mapped(), a.mode().map(MmapMode::as_str).map(str::to_owned))
    });
    assert_eq!(written.unwrap(), [(true, Some("r+".to_owned()))]);
    let array = open(MmapMode::Read);
    assert_eq!(array[[3, 4]], 5.0);
    let rows =
        two().map([array.slice_of(s![3..5, ..])], |a: MappedArray<f64, Ix2>| (a.is_mapped(), a[[0, 4]]));
    assert_eq!(rows.unwrap(), [(true, 5.0)]);
    // Parts with gaps too, and backwards.
    let parts = || [array.slice_of(s![.., ..;2]), array.slice_of(s![..;-1, 1..4])];
    let sums = |part: MappedArray<f64, Ix2>| (part.is_mapped(), part.dim(), part.sum(), part[[0, 1]]);
    let seen = two().map(parts(), sums).unwrap();
    assert_eq!(seen, parts().map(sums));
    // Shared memory has no name and is passed as an open file; a result may refer to the same memory.
    let shared = share(&Array1::from_iter(0..100_000i64)).unwrap();
    let back = two().map([shared.clone()], |a: MappedArray<i64, Ix1>| a.slice_of(s![10..20])).unwrap();
    assert!(back[0].is_mapped());
    assert_eq!(*back[0], shared.slice(s![10..20]));
    let read_only = two().map([shared], |mut a: MappedArray<i64, Ix1>| a.view_mut().is_err());
    assert_eq!(read_only.unwrap(), [true]);
}

#[test]
fn an_array_changed_in_place_is_never_passed_as_it_was() {
    let mut array = Array1::<u32>::zeros(1 << 20);
    for round in 0..4 {
        array.fill(round);
        let seen = two().share(&array).map(0..2u8, |array, _| (array[0], array[array.len() - 1])).unwrap();
        assert_eq!(seen, [(round, round); 2]);
        let items = (0..4).map(|i| {
            array[0] = 100 * round + i;
            array.clone()
        });
        let firsts = two().map(items, |array: Array1<u32>| array[0]).unwrap();
        assert_eq!(firsts, (0..4).map(|i| 100 * round + i).collect::<Vec<_>>());
    }
    let mut private = share(&array).map(|_| ()).and_then(|()| {
        joblib_core::memmap::ShareOptions::new().mmap_mode(MmapMode::CopyOnWrite).share(&array)
    });
    let private = private.as_mut().unwrap();
    private.view_mut().unwrap()[0] = 77;
    assert_eq!(two().map([private.clone()], |a: MappedArray<u32, Ix1>| a[0]).unwrap(), [77]);
}

#[test]
fn errors_and_panics_arrive_as_themselves() {
    for _ in 0..5 {
        let failed = two().try_map(0..500u32, |i| if i % 100 == 99 { Err(format!("{i}!")) } else { Ok(i) });
        assert!(matches!(failed, Err(TaskError::Failed { index: 99, error }) if error == "99!"));
    }
    let payload = catch_unwind(AssertUnwindSafe(|| {
        two().map(0..100u32, |i| {
            assert!(i != 30, "thirty is too many");
            i
        })
    }));
    assert_eq!(payload.unwrap_err().downcast_ref::<String>().unwrap(), "thirty is too many");
    // The workers serve on.
    assert_eq!(two().map(0..3, |i: i32| i).unwrap(), [0, 1, 2]);
}

/// Serialises, but cannot be read again.
#[derive(Serialize, Debug, Clone)]
struct OneWay;

impl<'de> Deserialize<'de> for OneWay {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("no way back"))
    }
}

/// Cannot be serialised.
#[derive(Deserialize, Debug)]
struct NoWay;

impl Serialize for NoWay {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("no way out"))
    }
}

#[test]
fn what_cannot_be_passed_is_an_error_of_its_task() {
    let message = |error: joblib_parallel::Error, index, text: &str| {
        assert!(error.is_message() && error.to_string().contains(text), "{error}");
        assert_eq!(error.task_index(), Some(index));
    };
    message(two().map([OneWay, OneWay], |_: OneWay| 1).unwrap_err(), 0, "no way back");
    message(two().map([1, 2, 3], |_: i32| OneWay).unwrap_err(), 0, "no way back");
    message(two().map([NoWay], |_: NoWay| 1).unwrap_err(), 0, "no way out");
    message(two().map(0..20, |i: i32| if i == 7 { Some(NoWay) } else { None }).unwrap_err(), 7, "no way out");
}

fn crash(how: &str) -> u8 {
    match how {
        "abort" => std::process::abort(),
        "exit" => std::process::exit(3),
        "kill" => {
            std::process::Command::new("kill")
                .arg("-9")
                .arg(std::process::id().to_string())
                .status()
                .unwrap();
            std::thread::sleep(Duration::from_secs(60));
            0
        }
        "segfault" => {
            std::process::Command::new("kill")
                .arg("-SEGV")
                .arg(std::process::id().to_string())
                .status()
                .unwrap();
            std::thread::sleep(Duration::from_secs(60));
            0
        }
        _ => 1,
    }
}

#[test]
fn a_dead_worker_fails_its_task_by_name_and_is_replaced() {
    for (how, end) in
        [("abort", "SIGABRT"), ("exit", "exit code 3"), ("kill", "SIGKILL"), ("segfault", "SIGSEGV")]
    {
        let items = (0..50).map(|i| if i == 21 { how.to_owned() } else { "no".to_owned() });
        let error = two().map(items, |how: String| crash(&how)).unwrap_err();
        assert!(error.is_worker_death() && error.to_string().contains(end), "{error}");
        assert_eq!(error.task_index(), Some(21));
        assert_eq!(two().map(0..2u8, |i| i).unwrap(), [0, 1]);
    }
}

#[test]
fn all_outcomes_side_by_side() {
    let outcomes =
        Parallel::new().n_jobs(2).timeout(Duration::from_secs(1)).processes().try_map_all(0..8u32, |i| {
            match i {
                1 => return Err("one".to_owned()),
                3 => panic!("three"),
                4 => std::process::abort(),
                6 => std::thread::sleep(Duration::from_secs(600)),
                _ => {}
            }
            Ok(i * 10)
        });
    let outcomes = outcomes.unwrap();
    assert_eq!(outcomes.iter().flatten().copied().collect::<Vec<_>>(), [0, 20, 50, 70]);
    assert!(matches!(&outcomes[1], Err(TaskError::Failed { index: 1, error }) if error == "one"));
    let run_error = |index: usize| match &outcomes[index] {
        Err(TaskError::Run(error)) => {
            assert_eq!(error.task_index(), Some(index));
            error
        }
        other => panic!("{other:?}"),
    };
    assert!(run_error(3).is_panic() && run_error(3).to_string().contains("three"));
    // Where it was, and in which process.
    assert!(
        run_error(3).to_string().contains("processes.rs")
            && run_error(3).to_string().contains("worker process")
    );
    assert!(run_error(4).is_worker_death());
    assert!(run_error(6).is_timeout());
}

#[test]
fn a_lost_task_is_tried_again_if_asked_and_the_rest_is_unharmed() {
    let folder = tempfile::tempdir().unwrap();
    // Each third task kills its worker the first time.
    let attempt = |folder: &PathBuf, i: usize| {
        if i.is_multiple_of(3) && std::fs::File::create_new(folder.join(i.to_string())).is_ok() {
            std::process::abort();
        }
        i * 2
    };
    let path = folder.path().to_owned();
    let retrying = two().retries(1);
    let results = retrying.share(&path).map(0..12usize, attempt).unwrap();
    assert_eq!(results, (0..12).map(|i| i * 2).collect::<Vec<_>>());
    let again = tempfile::tempdir().unwrap();
    let error = two().share(&again.path().to_owned()).map(0..12usize, attempt).unwrap_err();
    assert_eq!(error.task_index(), Some(0));
}

#[test]
fn a_task_that_fails_is_tried_again_as_often_as_asked() {
    /// Fails, or kills its worker, as often as files are missing.
    fn attempt(folder: &Path, i: usize, dies: bool) -> Result<usize, String> {
        for n in 0..3 {
            if std::fs::File::create_new(folder.join(format!("{i}.{n}"))).is_ok() {
                return if dies && n == 1 { std::process::abort() } else { Err(format!("attempt {n}")) };
            }
        }
        Ok(i * 2)
    }
    for dies in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let path = (folder.path().to_owned(), dies);
        let run = |retries| {
            let run = two().retries(retries);
            run.share(&path).try_map(0..9usize, |(path, dies), i| match i % 3 {
                0 => attempt(path, i, *dies),
                _ => Ok(i * 2),
            })
        };
        assert_eq!(run(3).unwrap(), (0..9).map(|i| i * 2).collect::<Vec<_>>());
        std::fs::read_dir(folder.path())
            .unwrap()
            .for_each(|file| std::fs::remove_file(file.unwrap().path()).unwrap());
        match run(if dies { 0 } else { 2 }) {
            Err(TaskError::Failed { index: 0, error }) => {
                assert_eq!(error, if dies { "attempt 0" } else { "attempt 2" })
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_worker_tries_again_too() {
    let results = two().map([1u32, 2], |n| {
        static TRIES: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let inner = Parallel::new().processes().retries(1).try_map(0..n, |i| {
            match TRIES.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 2 {
                0 => Err("once".to_owned()),
                _ => Ok(i),
            }
        });
        inner.unwrap()
    });
    assert_eq!(results.unwrap(), [vec![0], vec![0, 1]]);
    let outcomes = two().map([3u32], |n| {
        static TRIES: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let inner = Parallel::new().processes().retries(1).try_map_all(0..n, |i| {
            match TRIES.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
                0 => Err("once".to_owned()),
                _ if i == 1 => panic!("always"),
                _ if i == 2 => Err("twice".to_owned()),
                _ => Ok(i),
            }
        });
        inner.unwrap().iter().map(|outcome| format!("{outcome:?}")).collect::<Vec<_>>()
    });
    let outcomes = &outcomes.unwrap()[0];
    assert_eq!(outcomes[0], "Ok(0)");
    assert!(outcomes[1].contains("always") && outcomes[2].contains("twice"), "{outcomes:?}");
}

#[test]
fn a_task_out_of_time_ends_its_worker_at_once() {
    let parallel = Parallel::new().n_jobs(2).timeout(Duration::from_secs(1)).processes();
    let error = parallel
        .map(0..10u64, |i| {
            if i == 4 {
                std::thread::sleep(Duration::from_secs(600))
            }
        })
        .unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(error.task_index(), Some(4));
    parallel.map(0..10u64, |_| std::thread::sleep(Duration::from_millis(30))).unwrap();
}

#[test]
fn cancelling_reaches_tasks_in_workers_and_does_not_wait_for_deaf_ones() {
    for deaf in [false, true] {
        let token = CancelToken::new();
        let parallel = Parallel::new().n_jobs(2).cancel_token(&token).processes();
        let canceller = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            token.cancel();
        });
        let result = parallel.share(&deaf).map(0..4u8, |&deaf, _| {
            let patience = std::time::Instant::now();
            while patience.elapsed() < Duration::from_secs(600) && (deaf || !is_cancelled()) {
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        assert!(result.unwrap_err().is_cancelled());
        canceller.join().unwrap();
    }
}

#[test]
fn too_much_memory_ends_the_worker_with_a_clear_error() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let error = two().memory_limit("200M").map([10usize, 400], |mib| {
        let memory = vec![1u8; mib << 20];
        std::thread::sleep(Duration::from_millis(if mib > 100 { 10_000 } else { 0 }));
        memory.iter().map(|&byte| u64::from(byte)).sum::<u64>()
    });
    let error = error.unwrap_err();
    assert!(error.is_memory_limit() && error.task_index() == Some(1), "{error}");
    assert!(error.to_string().contains("209715200"));
}

#[test]
fn an_initializer_runs_once_in_each_worker() {
    static CALLS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let parallel = two().initializer(|| _ = CALLS.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
    for _ in 0..3 {
        let calls = parallel.map(0..20u8, |_| CALLS.load(std::sync::atomic::Ordering::SeqCst)).unwrap();
        assert_eq!(calls, [1; 20]);
    }
    assert_eq!(CALLS.load(std::sync::atomic::Ordering::SeqCst), 0);
    let broken = two().initializer(|| panic!("not today"));
    assert!(broken.map(0..2u8, |i| i).unwrap_err().is_worker_death());
}

static INITIALIZED: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(0);

/// What a worker is like: the mode of a mapped array, what its initializer did, threads of its libraries.
fn look(array: MappedArray<u8, Ix1>) -> (Option<String>, u8, String) {
    let mode = array.mode().map(|mode| mode.as_str().to_owned());
    (mode, INITIALIZED.load(std::sync::atomic::Ordering::SeqCst), std::env::var("OMP_NUM_THREADS").unwrap())
}

#[test]
fn a_configuration_sets_what_workers_are_like_and_the_run_wins() {
    use std::sync::atomic::Ordering;
    let of = |len: usize| [MappedArray::from(Array1::<u8>::ones(len))];
    let seen = |mode: Option<&str>, initialized, threads: &str| {
        [(mode.map(str::to_owned), initialized, threads.to_owned())]
    };
    let config = parallel_config()
        .backend("processes")
        .n_jobs(2)
        .max_nbytes(1000)
        .mmap_mode(MmapMode::CopyOnWrite)
        .inner_threads(3)
        .initializer(|| INITIALIZED.store(1, Ordering::SeqCst));
    config.scope(|| {
        let plain = Parallel::new().processes();
        assert_eq!(plain.map(of(1001), look).unwrap(), seen(Some("c"), 1, "3"));
        assert_eq!(plain.share(&0).map(of(1001), |_, a| look(a)).unwrap(), seen(Some("c"), 1, "3"));
        let streamed: Vec<_> = plain.stream(of(1001), look).unwrap().map(Result::unwrap).collect();
        assert_eq!(streamed, seen(Some("c"), 1, "3"));
        let own = plain.inner_threads(2).initializer(|| INITIALIZED.store(2, Ordering::SeqCst));
        assert_eq!(own.clone().max_nbytes(2000).map(of(1001), look).unwrap(), seen(None, 2, "2"));
        assert_eq!(own.mmap_mode(MmapMode::Read).map(of(1001), look).unwrap(), seen(Some("r"), 2, "2"));
    });
    let error = |config: joblib_parallel::ParallelConfig, own: Processes| {
        config.scope(|| own.map(0..2, |i| i).err().map(|error| error.to_string()))
    };
    assert!(error(parallel_config().memory_limit("much"), two()).is_some_and(|e| e.contains("memory_limit")));
    assert_eq!(error(parallel_config().memory_limit("much"), two().memory_limit("1G")), None);
    let large = |own: Processes| own.share(&vec![1.0; 1 << 18]).map(0..1, |v, i| v[i]).is_ok();
    parallel_config().temp_folder("/nowhere").scope(|| {
        assert!(!large(two()));
        assert!(large(two().temp_folder(std::env::temp_dir())));
    });
    // Attempts and their time.
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let second = |folder: PathBuf| std::fs::create_dir(folder.join("tried")).map_err(drop).err().ok_or(());
    parallel_config().retries(1).timeout(Duration::from_secs(60)).scope(|| {
        assert!(two().try_map([folders[0].path().to_owned()], second).is_ok());
        assert!(two().retries(0).try_map([folders[1].path().to_owned()], second).is_err());
        let slow = |_| std::thread::sleep(Duration::from_secs(600));
        assert!(two().timeout(Duration::from_millis(50)).for_each([0], slow).unwrap_err().is_timeout());
    });
}

#[test]
fn a_place_is_named_on_runs_in_processes_and_an_unknown_name_is_an_error() {
    let pids = |_: u8| std::process::id();
    let here = std::process::id();
    assert_ne!(two().backend("processes").map([0], pids).unwrap(), [here]);
    assert_ne!(Parallel::new().backend("processes").n_jobs(1).processes().map([0], pids).unwrap(), [here]);
    let unknown = two().backend("absent").map([0], pids).unwrap_err();
    assert!(unknown.is_invalid() && unknown.to_string().contains("absent"));
    // In a worker the same run is on threads.
    let nested = two().map(0..3u64, |i| {
        let inner = Parallel::new().n_jobs(2).backend("processes").processes();
        let streamed: u64 = inner.stream(0..i, |j| j).unwrap().map(Result::unwrap).sum();
        let outcomes = inner.try_map_all(0..i, |j| if j == 1 { Err(()) } else { Ok(j) }).unwrap();
        (inner.map(0..i, |j| j).unwrap().iter().sum::<u64>(), streamed, outcomes.iter().flatten().count())
    });
    assert_eq!(nested.unwrap(), [(0, 0, 0), (0, 0, 1), (1, 1, 1)]);
}

#[test]
fn shared_values_and_outcomes_side_by_side() {
    let outcomes = two().share(&vec![10, 20, 30]).try_map_all(0..5usize, |values, i| match i {
        1 => Err("one".to_owned()),
        3 => panic!("three"),
        4 => std::process::abort(),
        i => Ok(values[i]),
    });
    let outcomes = outcomes.unwrap();
    assert!(matches!((&outcomes[0], &outcomes[2]), (Ok(10), Ok(30))));
    assert!(matches!(&outcomes[1], Err(TaskError::Failed { index: 1, error }) if error == "one"));
    assert!(matches!(&outcomes[3], Err(TaskError::Run(error)) if error.is_panic()));
    assert!(matches!(&outcomes[4], Err(TaskError::Run(error)) if error.is_worker_death()));
}

#[test]
fn inner_threads_are_limited_and_nested_runs_stay_inside() {
    let threads = |_: u8| (std::env::var("OMP_NUM_THREADS").unwrap(), joblib_core::cpu_count());
    assert_eq!(two().inner_threads(3).map(0..2, threads).unwrap(), vec![("3".to_owned(), 3); 2]);
    let nested = two().map(0..3u64, |i| {
        let inside = Parallel::new().processes().map(0..i, |j| (j, std::process::id())).unwrap();
        assert!(inside.iter().all(|(_, pid)| *pid == std::process::id()));
        inside.iter().map(|(j, _)| j).sum::<u64>()
    });
    assert_eq!(nested.unwrap(), [0, 0, 1]);
}

/// Run by the next test, in an environment that has `OMP_NUM_THREADS`.
#[test]
fn inner_threads_child() {
    if std::env::var("OMP_NUM_THREADS").as_deref() != Ok("7") {
        return;
    }
    let threads = |_: u8| std::env::var("OMP_NUM_THREADS").unwrap();
    assert_eq!(two().map(0..1, threads).unwrap(), ["7"]);
    assert_eq!(two().inner_threads(1).map(0..1, threads).unwrap(), ["1"]);
    println!("both as they should be");
}

#[test]
fn inner_threads_that_are_asked_for_win_over_the_environment() {
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "inner_threads_child", "--nocapture"])
        .env("OMP_NUM_THREADS", "7")
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&child.stdout).contains("both as they should be"), "{child:?}");
}

#[test]
fn streams_are_ahead_by_memory_and_not_by_counts() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let items = (0u8..200).inspect(move |_| _ = count.fetch_add(1, Ordering::SeqCst));
    let large = two().stream(items, |i| vec![i; 4 << 20]).unwrap();
    for (taken, result) in large.take(60).enumerate() {
        assert_eq!(result.unwrap(), vec![taken as u8; 4 << 20]);
        // 64 MiB of results, and not fewer than two for each worker.
        let ahead = asked.load(Ordering::SeqCst) - taken;
        assert!(ahead <= 17, "{ahead} tasks ahead, {taken} results taken");
    }
}

#[test]
fn streams_are_ordered_bounded_and_end_when_dropped() {
    let results: Vec<u64> = two().stream(0..2000u64, |i| i + 1).unwrap().map(Result::unwrap).collect();
    assert_eq!(results, (1..=2000).collect::<Vec<_>>());
    let mut unordered: Vec<u64> =
        two().stream(0..500, |i| i).unwrap().unordered().map(Result::unwrap).collect();
    unordered.sort_unstable();
    assert_eq!(unordered, (0..500).collect::<Vec<_>>());
    let taken = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&taken);
    let items = (0..).inspect(move |_: &u64| _ = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
    let bounded = Parallel::new().n_jobs(2).pre_dispatch(5).processes();
    let mut stream = bounded.stream(items, |i| i).unwrap();
    for i in 0..100 {
        assert_eq!(stream.next().unwrap().unwrap(), i);
        assert!(taken.load(std::sync::atomic::Ordering::SeqCst) as u64 <= i + 1 + 5);
    }
    drop(stream);
    let mut dying = two().stream(0..10u8, |i| if i == 5 { std::process::abort() } else { i }).unwrap();
    for i in 0..5 {
        assert_eq!(dying.next().unwrap().unwrap(), i);
    }
    assert!(dying.next().unwrap().unwrap_err().is_worker_death());
    assert!(dying.next().is_none());
}

#[test]
fn a_child_started_by_a_task_is_an_ordinary_process() {
    let child = two().map([0u8], |_| {
        // Were it taken for a worker, it would not list its tests.
        let output = std::process::Command::new("/proc/self/exe").arg("--list").output();
        output
            .map(|output| String::from_utf8_lossy(&output.stdout).contains("a_child_started"))
            .unwrap_or(true)
    });
    assert_eq!(child.unwrap(), [true]);
}

/// The parent of the next test: starts workers, says who they are, and waits to be killed.
#[test]
fn parent_to_be_killed() {
    let Some(report) = std::env::var_os("JOBLIB_TEST_REPORT") else { return };
    // Tests that run in the background ignore it, and so would this process.
    // SAFETY: the default action, of a process that has not started anything yet.
    #[allow(unsafe_code)]
    unsafe {
        libc::signal(libc::SIGINT, libc::SIG_DFL)
    };
    let shared = share(&Array1::<f64>::zeros(4 << 20)).unwrap();
    let stream = two().temp_folder(Path::new(&report).parent().unwrap());
    let report = PathBuf::from(report);
    let _ = stream.share(&(report, shared)).map(0..2u8, |(report, shared), i| {
        let mine = format!("{}.{i}", report.display());
        std::fs::write(&mine, format!("{} {}", std::process::id(), shared.len())).unwrap();
        std::thread::sleep(Duration::from_secs(600));
    });
}

#[test]
fn waiting_for_workers_uses_no_processor() {
    let used = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    };
    two().map(0..2u8, |_| ()).unwrap();
    let (before, start) = (used(), std::time::Instant::now());
    two().map(0..2u8, |_| std::thread::sleep(Duration::from_millis(500))).unwrap();
    let (used, waited) = (used() - before, start.elapsed());
    assert!(used < waited / 10, "{used:?} of {waited:?}");
}

#[test]
fn nothing_outlives_a_killed_parent() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    for signal in ["-9", "-INT", "-TERM"] {
        let mut parent = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "parent_to_be_killed", "--nocapture"])
            .env("JOBLIB_TEST_REPORT", &report)
            .env("JOBLIB_TEMP_FOLDER", folder.path())
            .spawn()
            .unwrap();
        let read = |i: u8| {
            let text = std::fs::read_to_string(format!("{}.{i}", report.display())).ok()?;
            text.split(' ').next().filter(|_| text.contains(' ')).map(str::to_owned)
        };
        let pids = loop {
            if let (Some(a), Some(b)) = (read(0), read(1)) {
                break [a, b];
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        assert!(pids.iter().all(|pid| is_running(pid)));
        std::process::Command::new("kill").args([signal, &parent.id().to_string()]).status().unwrap();
        parent.wait().unwrap();
        while pids.iter().any(|pid| is_running(pid)) {
            std::thread::sleep(Duration::from_millis(5));
        }
        for i in 0..2 {
            std::fs::remove_file(format!("{}.{i}", report.display())).unwrap();
        }
        // The shared memory had no name there.
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

/// Whether a process exists and is no zombie.
fn is_running(pid: &str) -> bool {
    let output = std::process::Command::new("ps").args(["-o", "stat=", "-p", pid]).output().unwrap();
    let stat = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    !stat.is_empty() && !stat.starts_with('Z')
}

#[derive(Serialize, Deserialize, Debug, Default)]
struct Link {
    next: Option<Box<Link>>,
}

impl Link {
    fn list(length: usize) -> Self {
        (1..length).fold(Link::default(), |link, _| Link { next: Some(Box::new(link)) })
    }

    fn len(&self) -> usize {
        std::iter::successors(Some(self), |link| link.next.as_deref()).count()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let mut next = self.next.take();
        while let Some(mut link) = next {
            next = link.next.take();
        }
    }
}

/// The limit is that of keys and dumps, on the way there and on the way back.
#[test]
fn what_is_nested_too_deep_is_an_error_of_its_task() {
    assert_eq!(two().map([Link::list(256)], |link: Link| link.len()).unwrap(), [256]);
    let back = two().map([256usize], Link::list).unwrap();
    assert_eq!(back[0].len(), 256);
    let there = two().map([Link::list(1), Link::list(100_000)], |link: Link| link.len()).unwrap_err();
    let back = two().map([1usize, 100_000], Link::list).unwrap_err();
    let shared = two().share(&Link::list(100_000)).map(0..2u8, |link: &Link, _| link.len()).unwrap_err();
    for error in [there, back, shared] {
        assert!(error.to_string().contains("nested more than 256 levels deep"), "{error}");
    }
}
