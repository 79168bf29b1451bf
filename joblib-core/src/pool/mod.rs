//! The worker pool under every parallel loop.
//!
//! A loop is described once, as a [`Region`], and split by need: [`Pool::run`] calls the same closure on every
//! thread that takes part, and each pulls ranges of iterations from its [`Feeder`] until none are left. The
//! protocols (claims, sleeping, waking, nesting, memory orderings) are described in `README.md` beside this file.

mod broadcast;
mod builder;
mod clock;
mod current;
mod deal;
mod door;
mod extras;
mod feeder;
mod handle;
mod job;
mod latch;
mod lease;
mod map;
mod missed;
mod pace;
mod placement;
mod ranges;
mod region;
mod registry;
mod seat;
mod site;
mod sleep;
mod stack;
mod sync;
mod team;
mod unwind;
mod worker;

pub(crate) use broadcast::Crew;
pub use builder::PoolBuilder;
pub use feeder::Feeder;
pub use handle::{Pool, with_current};
pub use map::{Pieces, keep_first, map, num_threads, try_map};
pub use region::{Region, Schedule};
pub use site::Site;
pub(crate) use team::relax;
pub(crate) use unwind::{Payload, discard, keep_first_panic};
