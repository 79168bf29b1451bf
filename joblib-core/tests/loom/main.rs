//! The pool's protocols under every interleaving and every allowed outcome of its atomics: `ci/loom.sh` runs this.
//!
//! The files under test are compiled in here, with loom's atomics in place of `std`'s; what surrounds them in the
//! pool is as small as the protocol allows.
#![cfg(loom)]
#![allow(unsafe_code, dead_code)]

mod pool {
    #[path = "../../../src/pool/door.rs"]
    mod door;
    #[path = "../../../src/pool/latch.rs"]
    mod latch;
    #[path = "../../../src/pool/ranges.rs"]
    mod ranges;
    #[path = "../../../src/pool/sleep.rs"]
    mod sleep;
    #[path = "../../../src/pool/sync.rs"]
    mod sync;

    mod job_model;
    mod ranges_model;
    mod sleep_model;
}

/// Explores a model; threads are preempted at most three times, which is enough for every known bug of this kind.
fn explore(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(3));
    builder.check(model);
}
