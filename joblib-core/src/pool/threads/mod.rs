//! The threads of a pool: their slots, how they find work, sleep and are woken. They know nothing of loops;
//! what they do are jobs, references to something with a function to call on it.

mod affinity;
mod backoff;
mod extra_threads;
mod job_ref;
mod registry;
mod sleep;
mod stack;
pub(super) mod sync;
mod waiter;
mod worker;
mod worker_slot;

pub(crate) use backoff::Backoff;
pub(super) use extra_threads::ExtraThreads;
pub(super) use job_ref::JobRef;
pub(super) use registry::Registry;
pub(super) use sleep::Sleepers;
pub(super) use stack::size as stack_size;
pub(super) use waiter::Waiter;
pub(super) use worker::work;
pub(super) use worker_slot::WorkerThread;
