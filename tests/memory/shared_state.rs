//! What several callers get for one key has nothing in common that one of them could change.

use crate::support::{Runs, memory};
use joblib::{Memory, cached};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Barrier, Mutex};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Shared {
    name: String,
    count: Arc<Mutex<u8>>,
}

#[test]
fn a_lock_in_an_answer_is_its_callers_own_with_hot() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"], hot = "1M")]
    fn bare(memory: &Memory, x: u8) -> Arc<Mutex<u8>> {
        RUNS.add();
        Arc::new(Mutex::new(x))
    }
    #[cached(memory = memory, ignore = ["memory"], hot = "1M")]
    fn inside(memory: &Memory, x: u8) -> Vec<Shared> {
        RUNS.add();
        vec![Shared { name: "n".to_owned(), count: Arc::new(Mutex::new(x)) }]
    }
    let (_dir, memory) = memory();
    for _ in 0..4 {
        let count = bare(&memory, 1);
        *count.lock().unwrap() += 1;
        assert_eq!(*count.lock().unwrap(), 2);
        let list = inside(&memory, 1);
        *list[0].count.lock().unwrap() += 1;
        assert_eq!(*list[0].count.lock().unwrap(), 2);
    }
    assert_eq!(RUNS.take(), 2);
    // Another process's first look-up fills the tier from the store.
    drop(memory);
    let again = Memory::new(_dir.path());
    for _ in 0..3 {
        let list = inside(&again, 1);
        *list[0].count.lock().unwrap() += 1;
        assert_eq!(*list[0].count.lock().unwrap(), 2);
    }
    assert_eq!(RUNS.take(), 0);
}

#[test]
fn racing_callers_share_no_lock() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    fn slow(memory: &Memory, x: u8) -> Shared {
        RUNS.add();
        std::thread::sleep(std::time::Duration::from_millis(50));
        Shared { name: "n".to_owned(), count: Arc::new(Mutex::new(x)) }
    }
    let (_dir, memory) = memory();
    let started = Barrier::new(4);
    let answers: Vec<Shared> = std::thread::scope(|scope| {
        let call = || {
            started.wait();
            slow(&memory, 7)
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(call)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(RUNS.take(), 1);
    for answer in &answers {
        assert_eq!(Arc::strong_count(&answer.count), 1);
    }
}

/// A type of the user's with the name of another.
mod own {
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Result {
        Ok(u8),
        Err(u8),
    }
}

#[test]
fn a_result_is_known_by_its_type() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    fn named(memory: &Memory, x: u8) -> own::Result {
        RUNS.add();
        if x == 0 { own::Result::Err(0) } else { own::Result::Ok(x) }
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn boxed(memory: &Memory, x: u8) -> Box<Result<u8, u8>> {
        RUNS.add();
        Box::new(x.checked_sub(1).ok_or(x))
    }
    /// Whose type only its caller knows.
    #[cached(memory = memory, ignore = ["memory", "make"])]
    fn made<T: Serialize + serde::de::DeserializeOwned>(memory: &Memory, make: impl Fn() -> T) -> T {
        RUNS.add();
        make()
    }
    let (_dir, memory) = memory();
    for _ in 0..3 {
        assert_eq!((named(&memory, 0), *boxed(&memory, 0)), (own::Result::Err(0), Err(0)));
        assert_eq!(made(&memory, || Err::<u8, u8>(1)), Err(1));
        assert_eq!(made(&memory, || Some(Err::<u8, u8>(1))), Some(Err(1)));
    }
    assert_eq!(RUNS.take(), 2 + 3 + 1);
}
