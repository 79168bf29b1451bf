//! The pool's protocols under every interleaving and every allowed outcome of its atomics: `ci/loom.sh` runs
//! this.
//!
//! The files under test are compiled in here, with loom's atomics in place of `std`'s; what surrounds them in
//! the pool is as small as the protocol allows.
#![cfg(loom)]
#![allow(unsafe_code, dead_code)]

mod pool {
    pub(crate) mod threads {
        #[path = "../../../../src/pool/threads/sleep.rs"]
        mod sleep;
        #[path = "../../../../src/pool/threads/sync.rs"]
        pub(super) mod sync;
        #[path = "../../../../src/pool/threads/waiter.rs"]
        mod waiter;

        mod sleep_model;

        pub(super) use waiter::Waiter;
    }

    pub(crate) mod loops {
        #[path = "../../../../src/pool/loops/help_link.rs"]
        mod help_link;
        #[path = "../../../../src/pool/loops/latch.rs"]
        mod latch;
        #[path = "../../../../src/pool/loops/unit_range.rs"]
        mod unit_range;

        mod job_model;
        mod ranges_model;
    }
}

/// Explores a model; threads are preempted at most three times, which is enough for every known bug of this
/// kind.
fn explore(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(3));
    builder.check(model);
}
