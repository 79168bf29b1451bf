//! Large results of an `async fn` do not hold up the executor's thread.

use crate::support::{Runs, block_on, memory};
use joblib::{Memory, cached};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::future::Future;
use std::sync::Mutex;
use std::task::{Context, Waker};
use std::thread::ThreadId;

/// Defines a type that notes where it is written and read, and gives what tells.
macro_rules! noting {
    ($(#[$derive:meta])* $name:ident, $took:ident) => {
        $(#[$derive])*
        struct $name(String);

        static NOTES: Mutex<Vec<(&str, ThreadId)>> = Mutex::new(Vec::new());

        fn note(what: &'static str) {
            NOTES.lock().unwrap().push((what, std::thread::current().id()));
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer).inspect(|_| note("written"))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self).inspect(|_| note("read"))
            }
        }

        /// Whether each happened here.
        fn $took() -> Vec<(&'static str, bool)> {
            let here = std::thread::current().id();
            std::mem::take(&mut *NOTES.lock().unwrap()).into_iter().map(|(what, at)| (what, at == here)).collect()
        }
    };
}

const LARGE: usize = 1 << 20;

#[test]
fn large_ones_are_written_and_read_elsewhere_and_small_ones_here() {
    static RUNS: Runs = Runs::new();
    noting!(
        #[derive(Clone)]
        Text,
        took
    );
    #[cached(memory = memory, ignore = ["memory"])]
    async fn text(memory: &Memory, len: usize) -> Text {
        RUNS.add();
        Text("x".repeat(len))
    }
    let (_dir, memory) = memory();
    for (len, here) in [(100, true), (LARGE, false)] {
        for expected in [("written", here), ("read", here)] {
            assert_eq!(block_on(text(&memory, len)).0.len(), len);
            let took = took();
            // Before the last of its kind there may be one that has found how large it is.
            assert_eq!(took.last(), Some(&expected), "{len}");
            assert!(took.iter().all(|one| one.0 == expected.0));
        }
    }
    assert_eq!(RUNS.take(), 2);
    let (recomputed, _) = block_on(text::entry(&memory, LARGE).recompute());
    assert_eq!(recomputed.0.len(), LARGE);
    assert_eq!(took().last(), Some(&("written", false)));
}

#[test]
fn the_value_of_an_ok_is_too() {
    noting!(
        #[derive(Clone)]
        Text,
        took
    );
    #[cached(memory = memory, ignore = ["memory"])]
    async fn text(memory: &Memory, len: usize) -> Result<Text, std::rc::Rc<str>> {
        if len == 0 {
            return Err("empty".into());
        }
        Ok(Text("x".repeat(len)))
    }
    let (_dir, memory) = memory();
    for expected in [("written", false), ("read", false)] {
        assert_eq!(block_on(text(&memory, LARGE)).unwrap().0.len(), LARGE);
        assert_eq!(took().last(), Some(&expected));
    }
    assert_eq!(&*block_on(text(&memory, 0)).err().unwrap(), "empty");
}

#[test]
fn what_cannot_go_to_another_thread_stays() {
    noting!(Text, took);
    #[cached(memory = memory, ignore = ["memory"])]
    async fn text(memory: &Memory, len: usize) -> Text {
        Text("x".repeat(len))
    }
    let (_dir, memory) = memory();
    for expected in [("written", true), ("read", true)] {
        assert_eq!(block_on(text(&memory, LARGE)).0.len(), LARGE);
        assert_eq!(took().last(), Some(&expected));
    }
}

#[test]
fn a_call_that_is_dropped_while_its_result_is_on_its_way_harms_nobody() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    async fn text(memory: &Memory, len: usize) -> String {
        RUNS.add();
        "x".repeat(len)
    }
    let (_dir, memory) = memory();
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..20 {
        let mut call = Box::pin(text(&memory, LARGE));
        let _ = call.as_mut().poll(&mut context);
        drop(call);
        assert_eq!(block_on(text(&memory, LARGE)).len(), LARGE);
    }
    assert!((1..=2).contains(&RUNS.take()));
}

#[test]
fn many_at_once() {
    #[cached(memory = memory, ignore = ["memory"])]
    async fn text(memory: &Memory, len: usize) -> String {
        "x".repeat(len)
    }
    let (_dir, memory) = memory();
    std::thread::scope(|scope| {
        for thread in 0..40 {
            let memory = &memory;
            scope.spawn(move || {
                for _ in 0..3 {
                    let len = LARGE + thread % 20;
                    assert_eq!(block_on(text(memory, len)).len(), len);
                }
            });
        }
    });
}
