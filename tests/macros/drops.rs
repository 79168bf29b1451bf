//! Arguments live as long as the function's would, and go in its order.

use crate::support::memory;
use joblib::{Memory, cached};
use std::cell::RefCell;
use std::sync::{Arc, Mutex, MutexGuard};

thread_local!(static TRACE: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) });

fn trace(event: impl Into<String>) {
    TRACE.with_borrow_mut(|trace| trace.push(event.into()));
}

fn taken() -> Vec<String> {
    TRACE.take()
}

/// Says when it goes.
#[derive(Clone, Default)]
struct D(&'static str);

impl Drop for D {
    fn drop(&mut self) {
        trace(self.0);
    }
}

struct Pair {
    a: D,
    b: D,
}

/// The same function, plain and cached; both do the same when they run.
macro_rules! same {
    (($($param:pat => $ty:ty = $value:expr),*) $body:block) => {{
        fn plain(_memory: &Memory, $($param: $ty),*) -> u8 $body
        #[cached(memory = _memory, key = 0)]
        fn kept(_memory: &Memory, $($param: $ty),*) -> u8 $body
        let (_dir, memory) = memory();
        plain(&memory, $($value),*);
        let expected = taken();
        kept(&memory, $($value),*);
        assert_eq!(taken(), expected);
        kept(&memory, $($value),*);
        // What the body does begins with a dash; nobody says in which order arguments go when it does not
        // run.
        let mut hit = taken();
        hit.sort();
        let mut dropped: Vec<String> = expected.into_iter().filter(|event| !event.starts_with('-')).collect();
        dropped.sort();
        assert_eq!(hit, dropped);
    }};
}

#[test]
fn every_argument_is_dropped_after_the_body() {
    same!((_guard => D = D("guard"), _ => D = D("nameless"), used => D = D("used")) {
        trace("- body");
        let _inner = D("- inner");
        used.0.len() as u8
    });
}

#[test]
fn patterns_are_dropped_as_a_functions_are() {
    same!(((x, _) => (D, D) = (D("x"), D("first")), (_, y) => (D, D) = (D("second"), D("y"))) {
        trace("- body");
        drop((x, 1));
        let _ = &y;
        0
    });
    same!((Pair { a, .. } => Pair = Pair { a: D("a"), b: D("b") }, mut z => D = D("z")) {
        trace("- body");
        trace(format!("- {}", z.0));
        z = D("- other");
        let _ = (&z, &a);
        0
    });
}

#[test]
fn only_a_field_is_read() {
    same!((pair => Pair = Pair { a: D("a"), b: D("b") }) {
        trace("- body");
        let moved = pair.a;
        trace("- moved");
        let _ = (&moved, pair.b.0);
        0
    });
}

#[test]
fn temporaries_go_before_the_arguments() {
    fn seen(_: &D) -> u8 {
        trace("- seen");
        7
    }
    same!((_a => D = D("a")) {
        let _local = D("- local");
        seen(&D("- temporary"))
    });
}

#[test]
fn a_panic_drops_as_the_functions_does() {
    fn plain(_a: D, _b: D) -> u8 {
        let _local = D("local");
        trace("- body");
        panic!("no")
    }
    #[cached(memory = Memory::disabled(), ignore = ["_a", "_b"])]
    fn kept(_a: D, _b: D) -> u8 {
        let _local = D("local");
        trace("- body");
        panic!("no")
    }
    let caught = |call: fn(D, D) -> u8| {
        assert!(std::panic::catch_unwind(|| call(D("a"), D("b"))).is_err());
        taken()
    };
    assert_eq!(caught(plain), caught(kept));
}

#[test]
fn self_is_dropped_after_the_body() {
    trait Run {
        fn by_trait(self, a: D) -> u8;
    }
    struct Plain(Pair);
    struct Kept(Pair);
    impl Plain {
        fn run(self, _a: D) -> u8 {
            trace("- body");
            self.0.a.0.len() as u8
        }
    }
    #[cached(memory = Memory::disabled(), ignore = ["self", "_a"])]
    impl Kept {
        #[cached]
        fn run(self, _a: D) -> u8 {
            trace("- body");
            self.0.a.0.len() as u8
        }
    }
    impl Run for Kept {
        #[cached(memory = Memory::disabled(), ignore = ["self", "a"])]
        fn by_trait(self, a: D) -> u8 {
            trace("- body");
            let _ = a;
            self.0.a.0.len() as u8
        }
    }
    let pair = || Pair { a: D("self.a"), b: D("self.b") };
    Plain(pair()).run(D("a"));
    let expected = taken();
    Kept(pair()).run(D("a"));
    assert_eq!(taken(), expected);
    Kept(pair()).by_trait(D("a"));
    assert_eq!(taken(), expected);
}

#[test]
fn futures_drop_as_async_functions_do() {
    async fn plain(_a: D, (_b, _): (D, D), c: D) -> u8 {
        trace("- before");
        std::future::ready(()).await;
        trace("- after");
        c.0.len() as u8
    }
    #[cached(memory = Memory::disabled(), key = 0)]
    async fn kept(_a: D, (_b, _): (D, D), c: D) -> u8 {
        trace("- before");
        std::future::ready(()).await;
        trace("- after");
        c.0.len() as u8
    }
    fn finish(future: impl Future<Output = u8>) -> Vec<String> {
        let mut future = std::pin::pin!(future);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        while future.as_mut().poll(&mut context).is_pending() {}
        trace("- ready");
        taken()
    }
    let args = || (D("a"), (D("b"), D("rest")), D("c"));
    let (a, b, c) = args();
    let expected = finish(plain(a, b, c));
    let (a, b, c) = args();
    assert_eq!(finish(kept(a, b, c)), expected);
}

#[test]
fn a_lock_is_held_while_the_body_runs() {
    #[cached(memory = memory, ignore = ["memory", "_guard", "lock"])]
    fn held(memory: &Memory, lock: &Mutex<()>, _guard: MutexGuard<'_, ()>) -> bool {
        lock.try_lock().is_err()
    }
    let (_dir, memory) = memory();
    let lock = Arc::new(Mutex::new(()));
    assert!(held(&memory, &lock, lock.lock().unwrap()));
    assert!(lock.try_lock().is_ok());
}
