//! A child made by `fork` has its parent's memory, but neither its threads nor what it holds: claims, locks,
//! workers, streams.

#![allow(unsafe_code)]

use joblib::{Loader, MappedArray, Memory, Parallel, Processes, cached, dump, load, share};
use ndarray::{Array1, Ix1};
use serde::{Serialize, Serializer};
use std::future::{Future, poll_fn};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Nothing here takes long unless it hangs.
const LONG: Duration = Duration::from_secs(60);

/// A forked child, which ends by itself after a minute.
struct Forked(libc::pid_t);

impl Forked {
    /// Runs `check` in a child.
    fn start(check: impl FnOnce() -> bool) -> Self {
        // SAFETY: the child calls nothing but this library and the allocator, which survives `fork` here, and
        // ends by `_exit`.
        unsafe {
            match libc::fork() {
                0 => {
                    libc::alarm(LONG.as_secs() as u32);
                    let good = std::panic::catch_unwind(std::panic::AssertUnwindSafe(check)).unwrap_or(false);
                    libc::_exit(i32::from(!good));
                }
                child => {
                    assert!(child > 0, "fork failed");
                    Self(child)
                }
            }
        }
    }

    /// Whether the child's check held.
    fn ends_well(self) -> bool {
        let mut status = 0;
        // SAFETY: waits for a child of this process.
        assert_eq!(unsafe { libc::waitpid(self.0, &mut status, 0) }, self.0);
        libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
    }

    fn kill(self) {
        // SAFETY: signals a child of this process, and waits for it.
        unsafe {
            libc::kill(self.0, libc::SIGKILL);
            libc::waitpid(self.0, &mut 0, 0);
        }
    }
}

/// Runs `work` on a thread; an error if it hangs.
fn in_time<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(work()));
    receiver.recv_timeout(LONG).expect("it hangs")
}

/// A pair of sockets with which processes tell each other where they are.
fn bell() -> (UnixStream, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_read_timeout(Some(LONG)).unwrap();
    (ours, theirs)
}

fn ring(mut bell: &UnixStream) {
    bell.write_all(&[1]).unwrap();
}

fn hear(mut bell: &UnixStream) {
    bell.read_exact(&mut [0]).unwrap();
}

fn sleep_on() -> ! {
    loop {
        std::thread::sleep(LONG);
    }
}

#[cached(memory = memory, ignore = ["memory", "body"])]
fn of_body(memory: &Memory, x: u32, body: &dyn Fn()) -> u32 {
    body();
    x + 1
}

#[cached(memory = memory, hot = "1M", ignore = ["memory"])]
fn hot(memory: &Memory, x: u32) -> u32 {
    x + 1
}

fn in_dir() -> (tempfile::TempDir, Memory) {
    let dir = tempfile::tempdir().unwrap();
    let memory = Memory::new(dir.path());
    (dir, memory)
}

#[test]
fn a_child_killed_while_it_computes_frees_its_key_while_its_parent_lives() {
    let (_dir, memory) = in_dir();
    assert_eq!(of_body(&memory, 0, &|| ()), 1);
    let (ours, theirs) = bell();
    let child = Forked::start(|| {
        of_body(&memory, 1, &|| {
            ring(&theirs);
            sleep_on()
        });
        false
    });
    hear(&ours);
    child.kill();
    assert_eq!(in_time(move || of_body(&memory, 1, &|| ())), 2);
}

#[test]
fn a_process_killed_while_it_computes_frees_its_key_while_its_child_lives() {
    let (_dir, memory) = in_dir();
    let (ours, theirs) = bell();
    let parent = Forked::start(|| {
        of_body(&memory, 1, &|| {
            Forked::start(|| sleep_on());
            ring(&theirs);
            sleep_on()
        });
        false
    });
    hear(&ours);
    parent.kill();
    assert_eq!(in_time(move || of_body(&memory, 1, &|| ())), 2);
}

#[test]
fn a_child_waits_for_its_parents_thread_as_for_any_other_process() {
    let (_dir, memory) = in_dir();
    let (ours, theirs) = bell();
    let (done, wait) = bell();
    let computing = {
        let memory = memory.clone();
        std::thread::spawn(move || {
            of_body(&memory, 5, &|| {
                ring(&theirs);
                hear(&wait);
            })
        })
    };
    hear(&ours);
    let child = Forked::start(|| {
        let ran = AtomicBool::new(false);
        // Nobody in this process lands the flight that it has inherited.
        let answer = of_body(&memory, 5, &|| ran.store(true, Ordering::Relaxed));
        let other = of_body(&memory, 6, &|| ());
        answer == 6 && !ran.into_inner() && other == 7
    });
    std::thread::sleep(Duration::from_millis(50));
    ring(&done);
    assert!(child.ends_well());
    assert_eq!(computing.join().unwrap(), 6);
}

#[test]
fn a_child_that_leaves_a_body_gives_up_nothing_of_its_parents() {
    let (_dir, memory) = in_dir();
    let (ours, theirs) = bell();
    let (in_child, waiting) = (AtomicBool::new(false), AtomicU32::new(0));
    let call = || {
        of_body(&memory, 1, &|| {
            // SAFETY: as in `Forked::start`.
            match unsafe { libc::fork() } {
                0 => {
                    in_child.store(true, Ordering::Relaxed);
                    // With an answer it would store that.
                    std::panic::resume_unwind(Box::new("the child leaves"));
                }
                child => assert!(Forked(child).ends_well()),
            }
            // The key is this process's still: another one waits for it.
            let other = Forked::start(|| {
                ring(&theirs);
                of_body(&memory, 1, &|| panic!("computed twice at once")) == 2
            });
            hear(&ours);
            std::thread::sleep(Duration::from_millis(50));
            waiting.store(other.0.cast_unsigned(), Ordering::Relaxed);
        })
    };
    let answer = std::panic::catch_unwind(std::panic::AssertUnwindSafe(call));
    if in_child.load(Ordering::Relaxed) {
        // SAFETY: ends the child.
        unsafe { libc::_exit(i32::from(answer.is_ok())) };
    }
    assert_eq!(answer.unwrap(), 2);
    assert!(Forked(waiting.into_inner().cast_signed()).ends_well());
}

/// Of calls under way when a child is made, those that lead and those that wait for them go on in it by
/// themselves.
#[test]
fn a_childs_futures_end_without_its_parent() {
    #[cached(memory = memory, ignore = ["memory", "may_end"])]
    async fn awaited(memory: &Memory, x: u32, may_end: &AtomicBool) -> u32 {
        poll_fn(|_| if may_end.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }).await;
        x + 1
    }
    let (_dir, memory) = in_dir();
    let may_end = AtomicBool::new(false);
    let mut context = Context::from_waker(Waker::noop());
    let [mut leader, mut waiter] = [(); 2].map(|()| Box::pin(awaited(&memory, 1, &may_end)));
    assert!(leader.as_mut().poll(&mut context).is_pending());
    assert!(waiter.as_mut().poll(&mut context).is_pending());
    let child = Forked::start(|| {
        may_end.store(true, Ordering::Relaxed);
        let mut context = Context::from_waker(Waker::noop());
        waiter.as_mut().poll(&mut context) == Poll::Ready(2)
            && leader.as_mut().poll(&mut context) == Poll::Ready(2)
    });
    assert!(child.ends_well());
    assert!(waiter.as_mut().poll(&mut context).is_pending());
    may_end.store(true, Ordering::Relaxed);
    assert_eq!(leader.as_mut().poll(&mut context), Poll::Ready(2));
    assert_eq!(waiter.as_mut().poll(&mut context), Poll::Ready(2));
}

/// Threads that hold every lock there is again and again, while children are made that take each once.
#[test]
fn no_child_finds_a_lock_held_by_a_thread_that_it_does_not_have() {
    let (dir, memory) = in_dir();
    hot(&memory, 1);
    let stop = AtomicBool::new(false);
    let use_all = |folder: &Path| {
        let fresh = Memory::new(folder.join("other"));
        let array = share(&Array1::<f64>::zeros(10)).unwrap();
        hot(&memory, 1) == 2
            && of_body(&memory, 1, &|| ()) == 2
            && of_body(&fresh, 1, &|| ()) == 2
            && array.clone().view().len() == 10
            && Parallel::new().n_jobs(1).map(0..3, |i| i).unwrap() == [0, 1, 2]
    };
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    assert!((0..50).all(|_| hot(&memory, 1) == 2));
                    assert!(use_all(dir.path()));
                }
            });
        }
        let hanging = (0..100).filter(|_| !Forked::start(|| use_all(dir.path())).ends_well()).count();
        stop.store(true, Ordering::Relaxed);
        assert_eq!(hanging, 0);
    });
}

/// Two workers that only tests with this number use.
fn two(number: u64) -> Processes {
    Parallel::new().n_jobs(2).batch_size(1).processes().idle_timeout(Duration::from_secs(200 + number))
}

fn workers(processes: &Processes) -> Vec<u32> {
    let pid = |_| {
        std::thread::sleep(Duration::from_millis(20));
        std::process::id()
    };
    let mut all = processes.map(0..8u32, pid).unwrap();
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn a_child_has_workers_of_its_own_and_leaves_its_parents_alone() {
    let processes = two(1);
    let before = workers(&processes);
    let child = Forked::start(|| {
        let own = workers(&processes);
        !own.is_empty() && own.iter().all(|worker| !before.contains(worker))
    });
    assert!(child.ends_well());
    assert_eq!(workers(&processes), before);
}

/// Whether a process runs: one that has ended may not have been waited for.
#[cfg(target_os = "linux")]
fn runs(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')')
        .next()
        .and_then(|rest| rest.trim_start().chars().next())
        .is_some_and(|state| state != 'Z')
}

#[test]
#[cfg(target_os = "linux")]
fn workers_end_with_their_parent_though_its_child_lives() {
    let (ours, theirs) = bell();
    let parent = Forked::start(|| {
        let workers = workers(&two(2));
        Forked::start(|| sleep_on());
        (&theirs).write_all(&u32::to_le_bytes(workers[0])).unwrap();
        sleep_on()
    });
    let mut worker = [0; 4];
    (&ours).read_exact(&mut worker).unwrap();
    let worker = u32::from_le_bytes(worker);
    assert!(runs(worker));
    parent.kill();
    let start = std::time::Instant::now();
    while runs(worker) {
        assert!(start.elapsed() < LONG, "the worker outlives its parent");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A child that a task leaves behind has the worker's end of the connection only in memory.
#[test]
fn a_worker_that_dies_is_noticed_though_its_child_lives() {
    let died = in_time(|| {
        Parallel::new().n_jobs(1).processes().map(0..1u32, |_| -> u32 {
            Forked::start(|| sleep_on());
            std::process::abort()
        })
    });
    assert!(died.unwrap_err().is_worker_death());
}

#[test]
fn a_child_that_comes_back_into_its_parents_run_has_an_error() {
    let processes = two(3);
    let before = workers(&processes);
    let in_child = AtomicBool::new(false);
    let mut child = None;
    let items = (0..20u32).inspect(|&item| {
        if item == 10 {
            // SAFETY: as in `Forked::start`.
            match unsafe { libc::fork() } {
                0 => in_child.store(true, Ordering::Relaxed),
                forked => child = Some(Forked(forked)),
            }
        }
    });
    let ran = processes.map(items, |i| i * 2);
    if in_child.load(Ordering::Relaxed) {
        // SAFETY: ends the child.
        unsafe { libc::_exit(i32::from(!ran.is_err_and(|error| error.is_backend()))) };
    }
    assert_eq!(ran.unwrap(), (0..20).map(|i| i * 2).collect::<Vec<_>>());
    assert!(child.unwrap().ends_well());
    assert_eq!(workers(&processes), before);
}

#[test]
fn a_stream_that_a_child_has_inherited_is_an_error_there() {
    let streams = || {
        let threads = Parallel::new().n_jobs(2).stream(0..1000u32, |i| i).unwrap();
        [threads, two(4).stream(0..1000u32, |i| i).unwrap()]
    };
    for mut stream in streams() {
        assert_eq!(stream.next().unwrap().unwrap(), 0);
        let child = Forked::start(|| {
            let next = stream.next().unwrap();
            let ended = stream.next().is_none();
            drop(stream);
            next.is_err_and(|error| error.is_backend()) && ended
        });
        assert!(child.ends_well());
    }
}

/// Forks while it is written; the child goes on writing, too.
struct Forking<'a>(&'a AtomicU32);

impl Serialize for Forking<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // SAFETY: as in `Forked::start`.
        match unsafe { libc::fork() } {
            0 => self.0.store(1, Ordering::Relaxed),
            child => self.0.store(child.cast_unsigned(), Ordering::Relaxed),
        }
        vec![7u8; 10].serialize(serializer)
    }
}

#[test]
fn a_dump_that_forks_is_its_parents() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("value.jl");
    let array = Array1::from_iter((0..100_000).map(f64::from));
    let child = AtomicU32::new(0);
    let dumped = dump(&(&array, Forking(&child)), &path);
    if child.load(Ordering::Relaxed) == 1 {
        // SAFETY: ends the child.
        unsafe { libc::_exit(i32::from(dumped.is_ok())) };
    }
    let files: Vec<PathBuf> = dumped.unwrap();
    assert!(
        Forked(child.into_inner().cast_signed()).ends_well(),
        "the child has committed its parent's file"
    );
    assert!(files.iter().all(|file| file.exists()), "the child has removed its parent's files");
    let (again, bytes): (Array1<f64>, Vec<u8>) = load(&path).unwrap();
    assert_eq!((again, bytes), (array.clone(), vec![7; 10]));
    let (mapped, _): (MappedArray<f64, Ix1>, Vec<u8>) =
        Loader::new().mmap_mode(joblib::MmapMode::Read).read(&path).unwrap();
    assert_eq!(mapped.view(), array);
}

/// As a daemon does: forks, closes what it does not know, opens files of its own under the same numbers, and
/// forks again.
#[test]
fn a_daemons_own_files_are_left_alone() {
    let (dir, memory) = in_dir();
    assert_eq!(of_body(&memory, 0, &|| ()), 1);
    assert_eq!(workers(&two(8)).len(), 2);
    let write_all =
        |files: &mut Vec<std::fs::File>| files.iter_mut().all(|file| file.write_all(b"x").is_ok());
    let daemon = Forked::start(|| {
        for descriptor in 3..1000 {
            // SAFETY: whoever owned it does not use it any more in this process.
            unsafe { libc::close(descriptor) };
        }
        let open = |number: u32| std::fs::File::create(dir.path().join(format!("log{number}")));
        let mut files = (0..40).map(|number| open(number).unwrap()).collect();
        write_all(&mut files) && Forked::start(|| write_all(&mut files)).ends_well()
    });
    assert!(daemon.ends_well());
}

/// Where no descriptor is free for what takes their place, a child does not keep its parent's locks either.
#[test]
fn a_child_without_free_descriptors_keeps_no_lock() {
    let (_dir, memory) = in_dir();
    let (ours, theirs) = bell();
    // In a process of its own, for the limit is the process's.
    let parent = Forked::start(|| {
        of_body(&memory, 1, &|| {
            let mut all = Vec::new();
            while let Ok(file) = std::fs::File::open("/dev/null") {
                all.push(file);
            }
            let child = Forked::start(|| sleep_on());
            drop(all);
            (&theirs).write_all(&child.0.to_ne_bytes()).unwrap();
            sleep_on()
        });
        true
    });
    let mut child = [0; 4];
    (&ours).read_exact(&mut child).unwrap();
    parent.kill();
    assert_eq!(in_time(move || of_body(&memory, 1, &|| ())), 2);
    // SAFETY: ends the child of the child.
    unsafe { libc::kill(i32::from_ne_bytes(child), libc::SIGKILL) };
}
