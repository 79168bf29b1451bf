//! Every call is a hit or a miss.

use crate::support::{block_on, memory};
use joblib::store::Stats;
use joblib::{Access, Memory, MemoryBuilder, cached};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

#[cached(memory = memory, ignore = ["memory"])]
fn square(memory: &Memory, x: u64) -> u64 {
    x * x
}

#[cached(memory = memory, ignore = ["memory"])]
async fn awaited(memory: &Memory, x: u64) -> Vec<String> {
    vec![x.to_string()]
}

fn counts(stats: Stats) -> (u64, u64) {
    (stats.hits, stats.misses)
}

#[test]
fn ten_calls_are_nine_hits_and_a_miss_whatever_the_options() {
    const DAY: Duration = Duration::from_secs(86_400);
    let options: [fn(MemoryBuilder) -> MemoryBuilder; 6] = [
        |memory| memory,
        |memory| memory.hot(1 << 20),
        |memory| memory.expires_after(DAY),
        |memory| memory.hot(1 << 20).expires_after(DAY),
        |memory| memory.validate(|_| true),
        |memory| memory.hot(1 << 20).validate(|_| true),
    ];
    for (at, with) in options.into_iter().enumerate() {
        let dir = tempfile::tempdir().unwrap();
        let memory = with(Memory::builder(dir.path())).build().unwrap();
        for _ in 0..10 {
            assert_eq!(square(&memory, 3), 9);
            assert_eq!(block_on(awaited(&memory, 3)), ["3"]);
        }
        assert_eq!(counts(square::memo(&memory).stats()), (9, 1), "option {at}");
        assert_eq!(counts(awaited::memo(&memory).stats()), (9, 1), "option {at}");
        assert_eq!(square::memo(&memory).stats().entries, 1);
    }
}

#[test]
fn what_is_not_valid_is_a_miss() {
    for hot in [0, 1 << 20] {
        let dir = tempfile::tempdir().unwrap();
        let memory = Memory::builder(dir.path()).hot(hot).validate(|_| false).build().unwrap();
        (0..10).for_each(|_| assert_eq!(square(&memory, 3), 9));
        assert_eq!(counts(square::memo(&memory).stats()), (0, 10));
    }
}

#[test]
fn calls_that_use_no_cache_are_misses() {
    let disabled = Memory::disabled();
    (0..10).for_each(|_| assert_eq!(square(&disabled, 3), 9));
    assert_eq!(counts(square::memo(&disabled).stats()), (0, 10));

    let (dir, memory) = memory();
    let refreshing = Memory::builder(dir.path()).access(Access::Refresh).build().unwrap();
    (0..10).for_each(|_| assert_eq!(square(&refreshing, 3), 9));
    assert_eq!(counts(square::memo(&refreshing).stats()), (0, 10));

    struct Unhashable;
    impl serde::Serialize for Unhashable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no form"))
        }
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn unhashable(memory: &Memory, with: &Unhashable) -> u8 {
        let _ = with;
        1
    }
    (0..10).for_each(|_| assert_eq!(unhashable(&memory, &Unhashable), 1));
    assert_eq!(counts(unhashable::memo(&memory).stats()), (0, 10));
}

#[test]
fn every_way_to_call_is_counted_and_a_look_is_none() {
    let (_dir, memory) = memory();
    assert_eq!(square::entry(&memory, 3).load().unwrap(), None);
    assert_eq!(square::entry(&memory, 3).shelve().get().unwrap(), 9);
    assert_eq!(counts(square::memo(&memory).stats()), (0, 1));
    let _ = square::entry(&memory, 3).shelve();
    assert_eq!(square::entry(&memory, 3).load().unwrap(), Some(9));
    assert!(square::entry(&memory, 3).is_cached());
    assert_eq!(counts(square::memo(&memory).stats()), (1, 1));
    square::entry(&memory, 3).recompute();
    assert_eq!(counts(square::memo(&memory).stats()), (1, 2));
}

#[test]
fn waiting_for_another_call_is_a_hit() {
    static CALLERS: AtomicUsize = AtomicUsize::new(0);
    #[cached(memory = memory, ignore = ["memory"])]
    fn slow(memory: &Memory, x: u32) -> u32 {
        while CALLERS.load(Ordering::SeqCst) < 8 {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_millis(50));
        x
    }
    let (_dir, memory) = memory();
    let start = Barrier::new(8);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                start.wait();
                CALLERS.fetch_add(1, Ordering::SeqCst);
                assert_eq!(slow(&memory, 5), 5);
            });
        }
    });
    assert_eq!(counts(slow::memo(&memory).stats()), (7, 1));
}

#[test]
fn stats_are_one_line() {
    let (_dir, memory) = memory();
    (0..4).for_each(|_| assert_eq!(square(&memory, 3), 9));
    let stats = square::memo(&memory).stats();
    let expected = format!("entries: 1, bytes: {}, hits: 3, misses: 1, ratio: 0.75", stats.bytes);
    assert_eq!(stats.to_string(), expected);
}
