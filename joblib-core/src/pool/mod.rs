//! The worker pool under every parallel loop.
//!
//! A loop is described once, as a [`Region`], and split by need: [`Pool::run`] calls the same closure on
//! every thread that takes part, and each pulls ranges of iterations from its [`RangeSource`] until none are
//! left. The protocols (claims, sleeping, waking, nesting, memory orderings) are described in `README.md`
//! beside this file.

mod builder;
mod chunk_sizer;
mod clock;
mod current;
mod handle;
mod loops;
mod map;
mod order;
mod region;
mod site;
mod threads;

pub use builder::PoolBuilder;
pub(crate) use chunk_sizer::ChunkSizer;
pub use current::with_current;
pub use handle::Pool;
pub use loops::RangeSource;
pub(crate) use loops::{Participant, Payload, discard, keep_first_panic};
pub use map::{map, num_threads, try_map};
pub use order::{Pieces, keep_first};
pub use region::{Region, Schedule};
pub use site::Site;
pub(crate) use threads::Backoff;
