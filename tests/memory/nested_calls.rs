//! Code of the user's that the cache runs may call anything, the cached function included.

use crate::support::{Runs, block_on, memory};
use joblib::store::EntryMeta;
use joblib::{Memory, cached};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

static DIR: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
static PLAIN: LazyLock<Memory> = LazyLock::new(|| Memory::new(DIR.path().join("plain")));
static HOT: LazyLock<Memory> =
    LazyLock::new(|| Memory::builder(DIR.path().join("hot")).hot(1 << 20).build().unwrap());

/// A type all of whose code calls `$call` first.
macro_rules! calling {
    ($name:ident, $call:expr) => {
        struct $name(u8);

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $call(self.0);
                self.0.serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = u8::deserialize(deserializer)?;
                $call(value);
                Ok(Self(value))
            }
        }

        impl Clone for $name {
            fn clone(&self) -> Self {
                $call(self.0);
                Self(self.0)
            }
        }
    };
}

#[test]
fn results_that_call_the_function_with_its_own_argument() {
    static RUNS: Runs = Runs::new();
    calling!(Answer, |x| answer(&PLAIN, x).0 + answer(&HOT, x).0);
    #[cached(memory = memory, ignore = ["memory"])]
    fn answer(memory: &Memory, x: u8) -> Answer {
        RUNS.add();
        Answer(x)
    }
    for memory in [&*PLAIN, &*HOT] {
        for _ in 0..3 {
            assert_eq!(answer(memory, 1).0, 1);
        }
        assert!(answer::entry(memory, 1).is_cached());
        assert_eq!(answer::entry(memory, 1).load().unwrap().unwrap().0, 1);
        assert_eq!(answer::entry(memory, 1).recompute().0.0, 1);
        assert_eq!(answer::entry(memory, 1).shelve().get().unwrap().0, 1);
    }
    assert!(RUNS.take() > 0);
}

#[test]
fn results_that_call_the_function_with_ever_other_arguments() {
    calling!(Answer, |x: u8| answer(&PLAIN, x.wrapping_add(1)).0);
    #[cached(memory = memory, ignore = ["memory"])]
    fn answer(memory: &Memory, x: u8) -> Answer {
        Answer(x)
    }
    for _ in 0..2 {
        assert_eq!(answer(&PLAIN, 1).0, 1);
        assert_eq!(answer(&HOT, 1).0, 1);
    }
}

#[test]
fn results_of_an_async_fn_that_call_it() {
    calling!(Answer, |x| block_on(answer(&PLAIN, x)).0 + block_on(answer(&HOT, x)).0);
    #[cached(memory = memory, ignore = ["memory"])]
    async fn answer(memory: &Memory, x: u8) -> Answer {
        Answer(x)
    }
    for memory in [&*PLAIN, &*HOT] {
        for _ in 0..3 {
            assert_eq!(block_on(answer(memory, 1)).0, 1);
        }
    }
}

#[test]
fn results_that_call_the_function_while_threads_race() {
    calling!(Answer, |x| answer(&PLAIN, x).0 + answer(&HOT, x).0);
    #[cached(memory = memory, ignore = ["memory"])]
    fn answer(memory: &Memory, x: u8) -> Answer {
        Answer(x)
    }
    for memory in [&*PLAIN, &*HOT] {
        for x in 0..10 {
            let start = std::sync::Barrier::new(4);
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        start.wait();
                        assert_eq!(answer(memory, x).0, x);
                    });
                }
            });
        }
    }
}

#[test]
fn a_validate_that_calls_its_own_function() {
    static RUNS: Runs = Runs::new();
    fn agrees(_: &EntryMeta) -> bool {
        checked(&HOT, 1) + checked(&PLAIN, 1) + checked(&HOT, 2) == 4
    }
    #[cached(memory = memory, ignore = ["memory"], validate = agrees)]
    fn checked(memory: &Memory, x: u8) -> u8 {
        RUNS.add();
        x
    }
    for _ in 0..3 {
        assert_eq!([checked(&HOT, 1), checked(&PLAIN, 1), checked(&HOT, 2)], [1, 1, 2]);
    }
    assert!(checked::entry(&HOT, 1).is_cached());
    assert!(RUNS.take() > 0);
}

#[test]
fn an_argument_that_calls_the_function_with_itself() {
    static DEEPEST: Runs = Runs::new();
    struct Argument(u8);
    impl Serialize for Argument {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            DEEPEST.add();
            let answer = double(&PLAIN, self);
            serializer.serialize_u8(answer)
        }
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn double(memory: &Memory, of: &Argument) -> u8 {
        let _ = memory;
        2 * of.0
    }
    assert_eq!(double(&PLAIN, &Argument(4)), 8);
    assert!((1..=100).contains(&DEEPEST.take()));
    assert_eq!(double(&HOT, &Argument(5)), 10);
}

/// Evicted and cleared values are dropped where nothing is locked.
#[test]
fn a_drop_that_calls_the_function() {
    static ARMED: AtomicBool = AtomicBool::new(true);
    static SMALL: LazyLock<Memory> =
        LazyLock::new(|| Memory::builder(DIR.path().join("small")).hot(4000).build().unwrap());
    #[derive(Clone, Serialize, Deserialize)]
    struct Answer(u8, Vec<u8>);
    impl Drop for Answer {
        fn drop(&mut self) {
            // Once at a time: a plain call drops its answer too.
            if ARMED.swap(false, Ordering::SeqCst) {
                for x in [self.0, self.0.wrapping_add(1), 100] {
                    assert_eq!(answer(&SMALL, x).0, x);
                }
                ARMED.store(true, Ordering::SeqCst);
            }
        }
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn answer(memory: &Memory, x: u8) -> Answer {
        Answer(x, vec![x; 1000])
    }
    for x in (0..20).chain(0..20) {
        assert_eq!(answer(&SMALL, x).0, x);
        answer::entry(&SMALL, x).remove().unwrap();
    }
    (0..20).for_each(|x| assert_eq!(answer(&SMALL, x).0, x));
    answer::memo(&SMALL).clear().unwrap();
    (0..20).for_each(|x| assert_eq!(answer(&SMALL, x).0, x));
    SMALL.clear().unwrap();
}

/// Code that calls *another* cached function, as a digest of parts does, has its answers kept.
#[test]
fn calls_of_other_functions_within_user_code_are_cached() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    fn digest(memory: &Memory, x: u8) -> u64 {
        RUNS.add();
        u64::from(x) * 1000
    }
    struct Argument(u8);
    impl Serialize for Argument {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_u64(digest(&PLAIN, self.0))
        }
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn number(memory: &Memory, of: &Argument) -> u8 {
        of.0
    }
    let (_dir, memory) = memory();
    for _ in 0..3 {
        assert_eq!(number(&memory, &Argument(7)), 7);
    }
    assert_eq!(RUNS.take(), 1);
    assert!(number::entry(&memory, &Argument(7)).is_cached());
}
