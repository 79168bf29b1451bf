//! Code of the user's that the cache runs and the plain function does not: its panics change no answer.

use crate::heard::{count, heard};
use crate::support::{Runs, block_on, memory};
use joblib::store::EntryMeta;
use joblib::{Memory, cached};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Barrier;

/// Which code of a value panics.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Trap {
    None,
    Serialize,
    Deserialize,
    Clone,
}

impl Trap {
    const ALL: [Trap; 4] = [Trap::None, Trap::Serialize, Trap::Deserialize, Trap::Clone];
}

#[derive(Debug, PartialEq)]
struct Trapped(Trap, Vec<u8>);

impl Trapped {
    fn new(trap: Trap, size: usize) -> Self {
        Self(trap, vec![7; size])
    }

    fn springs(&self, at: Trap) {
        assert!(self.0 != at, "the trap of {at:?} springs");
    }
}

impl Serialize for Trapped {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.springs(Trap::Serialize);
        (self.0, &self.1).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Trapped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (trap, bytes) = Deserialize::deserialize(deserializer)?;
        let value = Self(trap, bytes);
        value.springs(Trap::Deserialize);
        Ok(value)
    }
}

impl Clone for Trapped {
    fn clone(&self) -> Self {
        self.springs(Trap::Clone);
        Self(self.0, self.1.clone())
    }
}

/// A small result is packed, a large one has a file of its own.
const SIZES: [usize; 2] = [3, 300_000];

fn hot_memory() -> (tempfile::TempDir, Memory) {
    let dir = tempfile::tempdir().unwrap();
    let memory = Memory::builder(dir.path()).hot(16 << 20).build().unwrap();
    (dir, memory)
}

static RUNS: [Runs; 3] = [Runs::new(), Runs::new(), Runs::new()];

#[cached(memory = memory, ignore = ["memory", "runs"])]
fn trapped(memory: &Memory, trap: Trap, size: usize, runs: &Runs) -> Trapped {
    runs.add();
    Trapped::new(trap, size)
}

/// Whether a result with this trap answers later calls, in a plain cache and in one with a hot tier.
fn is_kept(trap: Trap, hot: bool) -> bool {
    match trap {
        Trap::None | Trap::Clone => true,
        Trap::Serialize => false,
        Trap::Deserialize => hot,
    }
}

#[test]
fn calls_answer_whatever_panics() {
    let runs = &RUNS[0];
    for (hot, (_dir, memory)) in [(false, memory()), (true, hot_memory())] {
        for (trap, size) in Trap::ALL.into_iter().flat_map(|trap| SIZES.map(|size| (trap, size))) {
            for _ in 0..4 {
                assert_eq!(trapped(&memory, trap, size, runs), Trapped::new(trap, size));
            }
            assert_eq!(runs.take(), if is_kept(trap, hot) { 1 } else { 4 }, "{trap:?}, hot: {hot}");
        }
    }
}

#[test]
fn what_could_not_be_kept_is_said_once_with_the_code_and_its_message() {
    let runs = Runs::new();
    for trap in [Trap::Serialize, Trap::Deserialize, Trap::Clone] {
        let (_dir, memory) = hot_memory();
        let lines = heard(|| {
            for size in [1, 2, 3, 1, 2, 3] {
                trapped(&memory, trap, size, &runs);
                // A hit on disk, where there is something on disk.
                trapped(&Memory::new(memory.dir().unwrap()), trap, size, &runs);
            }
        });
        let said = format!("`{trap:?}` of a result panicked: the trap of {trap:?} springs");
        let warnings: Vec<String> = lines.into_iter().filter(|line| line.contains("WARN")).collect();
        // That nothing can be read back is found, then acted on.
        let expected = if trap == Trap::Deserialize { 2 } else { 1 };
        assert_eq!(
            (warnings.len(), count(&warnings, &said)),
            (expected, expected),
            "{trap:?}: {warnings:#?}"
        );
    }
}

#[test]
fn racing_threads_all_have_their_answer() {
    let runs = &RUNS[1];
    for (_dir, memory) in [memory(), hot_memory()] {
        for trap in Trap::ALL {
            let start = Barrier::new(4);
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        start.wait();
                        assert_eq!(trapped(&memory, trap, 5, runs), Trapped::new(trap, 5));
                    });
                }
            });
            let runs = runs.take();
            assert!((1..=4).contains(&runs), "{trap:?}: {runs}");
            assert!(trap != Trap::None || runs == 1);
            // The key is free again.
            assert_eq!(trapped(&memory, trap, 5, &Runs::new()), Trapped::new(trap, 5));
        }
    }
}

#[test]
fn an_async_fn_answers_whatever_panics() {
    let runs = &RUNS[2];
    #[cached(memory = memory, ignore = ["memory", "runs"])]
    async fn awaited(memory: &Memory, trap: Trap, runs: &Runs) -> Trapped {
        runs.add();
        Trapped::new(trap, 3)
    }
    for (hot, (_dir, memory)) in [(false, memory()), (true, hot_memory())] {
        for trap in Trap::ALL {
            for _ in 0..4 {
                assert_eq!(block_on(awaited(&memory, trap, runs)), Trapped::new(trap, 3));
            }
            assert_eq!(runs.take(), if is_kept(trap, hot) { 1 } else { 4 }, "{trap:?}, hot: {hot}");
        }
    }
}

#[test]
fn entries_and_references_give_errors_instead_of_panics() {
    let (_dir, memory) = memory();
    let runs = Runs::new();
    let entry = |trap| trapped::entry(&memory, trap, 3, &runs);
    let error = entry(Trap::Serialize).insert(&Trapped::new(Trap::Serialize, 3)).unwrap_err();
    assert!(error.is_panic() && !entry(Trap::Serialize).is_cached(), "{error}");
    entry(Trap::Deserialize).insert(&Trapped::new(Trap::Deserialize, 3)).unwrap();
    let error = entry(Trap::Deserialize).load().unwrap_err();
    assert!(error.is_panic(), "{error}");
    let reference = entry(Trap::Deserialize).shelve();
    assert!(reference.get().unwrap_err().is_panic());
    let key = entry(Trap::Deserialize).key().unwrap();
    assert!(trapped::memo(&memory).load_output(key).unwrap_err().is_panic());
    // What cannot be stored is held as it is.
    assert_eq!(entry(Trap::Serialize).shelve().get().unwrap(), Trapped::new(Trap::Serialize, 3));
    assert_eq!(entry(Trap::Serialize).recompute().0, Trapped::new(Trap::Serialize, 3));
}

#[test]
fn an_argument_that_panics_leaves_the_call_uncached() {
    struct Argument;
    impl Serialize for Argument {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("no form")
        }
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn answer(memory: &Memory, first: u8, with: &Argument) -> u32 {
        let _ = (first, with);
        42
    }
    let (_dir, memory) = memory();
    let lines = heard(|| (0..3).for_each(|_| assert_eq!(answer(&memory, 1, &Argument), 42)));
    assert_eq!(count(&lines, "WARN"), 1, "{lines:#?}");
    assert_eq!(count(&lines, "argument `with`"), 1, "{lines:#?}");
    let error = answer::entry(&memory, 1, &Argument).key().unwrap_err();
    assert!(error.is_unhashable() && error.to_string().contains("`Serialize` panicked: no form"), "{error}");
    assert!(joblib::hash(&Argument).unwrap_err().is_unhashable());
    // Hashing goes on as before.
    assert_eq!(joblib::hash(&(1, "x")).unwrap(), joblib::hash(&(1, "x")).unwrap());
}

#[test]
fn a_panicking_validate_says_no() {
    static RUNS: Runs = Runs::new();
    fn unlucky(_: &EntryMeta) -> bool {
        panic!("cannot decide")
    }
    #[cached(memory = memory, ignore = ["memory"], validate = unlucky)]
    fn checked(memory: &Memory, x: u8) -> u8 {
        RUNS.add();
        x
    }
    for (_dir, memory) in [memory(), hot_memory()] {
        let lines = heard(|| (0..3).for_each(|_| assert_eq!(checked(&memory, 1), 1)));
        assert_eq!(RUNS.take(), 3);
        assert_eq!(count(&lines, "`validate` panicked: cannot decide"), 1, "{lines:#?}");
        assert!(!checked::entry(&memory, 1).is_cached());
        assert_eq!(checked::entry(&memory, 1).load().unwrap(), None);
    }
}

#[test]
fn a_panicking_debug_is_written_as_such() {
    #[derive(Serialize)]
    struct Argument(u8);
    impl std::fmt::Debug for Argument {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("no form")
        }
    }
    #[cached(memory = memory, ignore = ["memory"], record_args, verbose = 1)]
    fn recorded(memory: &Memory, x: u8, with: &Argument) -> u8 {
        x + with.0
    }
    let (_dir, memory) = memory();
    assert_eq!(recorded(&memory, 1, &Argument(2)), 3);
    let meta = recorded::entry(&memory, 1, &Argument(2)).metadata().unwrap();
    assert_eq!(meta.args.as_deref(), Some("x=1, with=<Debug panicked>"));
}

/// Values that are dropped where the plain function drops none: out of the hot tier.
#[test]
fn a_value_that_panics_when_dropped_is_evicted_without_harm() {
    static RUNS: Runs = Runs::new();
    #[derive(Clone, Serialize, Deserialize)]
    struct Bomb(Vec<u8>);
    impl Drop for Bomb {
        fn drop(&mut self) {
            // The test's own values are disarmed.
            assert!(self.0.is_empty(), "a bomb is dropped");
        }
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn bomb(memory: &Memory, x: u8) -> Bomb {
        RUNS.add();
        Bomb(vec![x; 1000])
    }
    let dir = tempfile::tempdir().unwrap();
    let memory = Memory::builder(dir.path()).hot(4000).build().unwrap();
    for x in [1, 2, 3, 4, 5, 1] {
        let mut answer = bomb(&memory, x);
        assert_eq!(std::mem::take(&mut answer.0), vec![x; 1000]);
    }
    assert_eq!(RUNS.take(), 5);
    memory.clear().unwrap();
}

/// Encoding is bounded in depth, `Clone` is not.
#[test]
fn a_result_too_deep_to_encode_is_not_cloned() {
    #[derive(Clone, Serialize, Deserialize)]
    struct List {
        next: Option<Box<List>>,
    }
    impl List {
        fn new(length: usize) -> Self {
            (0..length).fold(List { next: None }, |list, _| List { next: Some(Box::new(list)) })
        }
    }
    impl Drop for List {
        fn drop(&mut self) {
            let mut next = self.next.take();
            while let Some(mut list) = next {
                next = list.next.take();
            }
        }
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn list(memory: &Memory, length: usize) -> List {
        std::thread::sleep(std::time::Duration::from_millis(20));
        List::new(length)
    }
    for (_dir, memory) in [memory(), hot_memory()] {
        assert!(list(&memory, 100_000).next.is_some());
        let start = Barrier::new(3);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    start.wait();
                    assert!(list(&memory, 100_000).next.is_some());
                });
            }
        });
        let read_only =
            Memory::builder(memory.dir().unwrap()).access(joblib::Access::ReadOnly).build().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    start.wait();
                    assert!(list(&read_only, 100_000).next.is_some());
                });
            }
        });
    }
}

#[test]
fn nobody_waits_and_nothing_is_cloned() {
    static CLONES: Runs = Runs::new();
    #[derive(Serialize, Deserialize)]
    struct Counted(u8);
    impl Clone for Counted {
        fn clone(&self) -> Self {
            CLONES.add();
            Self(self.0)
        }
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn counted(memory: &Memory, x: u8) -> Counted {
        Counted(x)
    }
    let (_dir, memory) = memory();
    for _ in 0..3 {
        assert_eq!(counted(&memory, 1).0, 1);
    }
    assert_eq!(CLONES.take(), 0);
}

/// A thread's own values go after what the library keeps for the thread.
#[test]
fn a_thread_s_last_value_calls_a_function() {
    #[joblib::cached(memory = memory, ignore = ["memory"])]
    fn last(memory: &joblib::Memory, x: u8) -> Vec<u8> {
        vec![x]
    }
    struct Last(joblib::Memory, std::sync::mpsc::Sender<Vec<u8>>);
    impl Drop for Last {
        fn drop(&mut self) {
            self.1.send(last(&self.0, 3)).unwrap();
        }
    }
    thread_local!(static LAST: std::cell::RefCell<Option<Last>> = const { std::cell::RefCell::new(None) });
    let (_dir, memory) = memory();
    let (sender, values) = std::sync::mpsc::channel();
    let own = memory.clone();
    let thread = std::thread::spawn(move || {
        LAST.set(Some(Last(own.clone(), sender)));
        last(&own, 1);
    });
    thread.join().unwrap();
    assert_eq!(values.recv().unwrap(), [3]);
    assert_eq!(last::memo(&memory).stats().entries, 2);
}
