//! Results that can be encoded and not decoded.

use crate::heard::{count, heard};
use crate::support::{Runs, block_on, memory};
use joblib::{Access, Memory, cached};
use serde::{Deserialize, Serialize};

/// serde reads what has a tag inside through a form that has no numbers of 128 bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Wide { number: u128 },
}

fn wide(number: u128) -> Tagged {
    Tagged::Wide { number: number | 1 << 100 }
}

#[test]
fn a_result_that_never_reads_back_is_said_once_and_not_stored_for_ever() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    fn tagged(memory: &Memory, number: u128) -> Tagged {
        RUNS.add();
        wide(number)
    }
    let (_dir, memory) = memory();
    let lines = heard(|| {
        for _ in 0..5 {
            assert_eq!(tagged(&memory, 1), wide(1));
        }
    });
    assert_eq!(RUNS.take(), 5);
    assert_eq!(count(&lines, "joblib: store"), 1, "{lines:#?}");
    let warnings: Vec<String> = lines.into_iter().filter(|line| line.contains("WARN")).collect();
    assert_eq!(count(&warnings, "cannot be read back"), 1, "{warnings:#?}");
    assert_eq!(count(&warnings, "u128"), warnings.len(), "{warnings:#?}");
    // Nor are others of the function stored, or it said again.
    let lines = heard(|| {
        for number in [2, 2, 3, 3] {
            assert_eq!(tagged(&memory, number), wide(number));
        }
    });
    assert_eq!((count(&lines, "joblib: store"), count(&lines, "WARN")), (0, 0), "{lines:#?}");
    assert!(!tagged::entry(&memory, 1).is_cached());
    assert_eq!(tagged::entry(&memory, 1).shelve().get().unwrap(), wide(1));
}

#[test]
fn so_does_an_async_fn() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    async fn tagged(memory: &Memory, number: u128) -> Tagged {
        RUNS.add();
        wide(number)
    }
    let (_dir, memory) = memory();
    let lines = heard(|| {
        for _ in 0..5 {
            assert_eq!(block_on(tagged(&memory, 1)), wide(1));
        }
    });
    assert_eq!((RUNS.take(), count(&lines, "joblib: store")), (5, 1));
}

/// In memory it needs no decoding.
#[test]
fn the_hot_tier_keeps_what_does_not_read_back() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    fn tagged(memory: &Memory, number: u128) -> Tagged {
        RUNS.add();
        wide(number)
    }
    let dir = tempfile::tempdir().unwrap();
    let memory = Memory::builder(dir.path()).hot(1 << 20).build().unwrap();
    for _ in 0..5 {
        assert_eq!(tagged(&memory, 1), wide(1));
    }
    assert_eq!(RUNS.take(), 1);
}

#[test]
fn racing_threads_have_what_does_not_read_back() {
    #[cached(memory = memory, ignore = ["memory"])]
    fn tagged(memory: &Memory, number: u128) -> Tagged {
        wide(number)
    }
    let (_dir, memory) = memory();
    for _ in 0..5 {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(tagged(&memory, 1), wide(1)));
            }
        });
    }
}

/// The version stays while the type changes: what is stored is replaced once, not for ever read in vain.
#[test]
fn entries_of_a_former_result_type_are_replaced() {
    static RUNS: Runs = Runs::new();
    fn text(x: u32) -> String {
        x.to_string()
    }
    fn numbers(x: u32) -> Vec<u32> {
        RUNS.add();
        vec![x; 3]
    }
    let (_dir, memory) = memory();
    let former = memory.cache(text).name("f").version("1");
    let now = memory.cache(numbers).name("f").version("1");
    (0..4).for_each(|x| assert_eq!(former.call((x,)), x.to_string()));
    let read_only = Memory::builder(memory.dir().unwrap()).access(Access::ReadOnly).build().unwrap();
    let reading = read_only.cache(numbers).name("f").version("1");
    for _ in 0..2 {
        assert_eq!(reading.call((1,)), [1; 3]);
    }
    assert_eq!(RUNS.take(), 2);
    assert_eq!(former.call((1,)), "1", "only what may write replaces");
    for _ in 0..3 {
        (0..4).for_each(|x| assert_eq!(now.call((x,)), [x; 3]));
    }
    assert_eq!(RUNS.take(), 4);
}

/// Large results, in files of their own, are mapped right after they are stored.
#[test]
fn a_large_result_that_never_reads_back_is_written_once() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"], mmap_mode = "r")]
    fn tagged(memory: &Memory, count: usize) -> Vec<Tagged> {
        RUNS.add();
        vec![wide(1); count]
    }
    let (_dir, memory) = memory();
    let lines = heard(|| (0..4).for_each(|_| assert_eq!(tagged(&memory, 5000).len(), 5000)));
    assert_eq!((RUNS.take(), count(&lines, "joblib: store")), (4, 1), "{lines:#?}");
    assert!(!tagged::entry(&memory, 5000).is_cached());
}

/// An entry of no use goes even where the new answer is not kept.
#[test]
fn an_unreadable_entry_goes_where_the_function_fails() {
    let (_dir, memory) = memory();
    let former = memory.cache(|x: u32| x.to_string()).name("g").version("1");
    let now = memory.cache(|x: u32| if x == 0 { Err(vec![x]) } else { Ok(vec![x]) }).name("g").version("1");
    former.call((0,));
    assert!(former.entry((0,)).is_cached());
    assert_eq!(now.call((0,)), Err(vec![0]));
    assert!(!former.entry((0,)).is_cached());
}

/// An ordinary miss decodes nothing: a decoded second value would be dropped, which its type can see.
#[test]
fn an_ordinary_miss_decodes_nothing() {
    static DECODED: Runs = Runs::new();
    #[derive(Serialize)]
    struct Counted(u8);
    impl<'de> Deserialize<'de> for Counted {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            DECODED.add();
            u8::deserialize(deserializer).map(Counted)
        }
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn counted(memory: &Memory, x: u8) -> Counted {
        Counted(x)
    }
    let (_dir, memory) = memory();
    (0..5).for_each(|x| assert_eq!(counted(&memory, x).0, x));
    assert_eq!(DECODED.take(), 0);
    (0..5).for_each(|x| assert_eq!(counted(&memory, x).0, x));
    assert_eq!(DECODED.take(), 5);
}
