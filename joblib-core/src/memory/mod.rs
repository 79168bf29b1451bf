//! Memoization on disk: look up, else compute and store.
//!
//! A [`Memory`] names a place and how results are stored there. A *function* is one version of one piece of
//! code in that place, an [`Entry`] one call of it. Whatever goes wrong with the place, a call still returns
//! its result.

mod argument_text;
mod async_entry;
mod blocking;
mod callable;
mod cut_text;
mod encoding;
mod entry;
mod flight;
mod function;
mod function_ref;
mod guarded_store;
mod handle;
mod hot;
pub mod keep;
mod location;
mod memorized_func;
mod memorized_result;
mod place;
mod policy;
mod reference;
mod report;
mod tally;
mod task;
mod timer;
mod travel;

pub use async_entry::AsyncEntry;
pub use callable::{Arguments, Callable};
pub(crate) use cut_text::debug_text;
pub use entry::{Entry, Run};
pub(crate) use flight::KeyBits;
pub use function::Function;
pub use function_ref::FunctionRef;
pub use handle::{Memory, MemoryBuilder};
pub use memorized_func::{Answers, MemorizedFunc};
pub use memorized_result::MemorizedResult;
pub use policy::{Access, Policy, Validate};
