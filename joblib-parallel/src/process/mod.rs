//! Tasks in worker processes. The protocol is described in `README.md` beside this file.

mod input;
mod job;
mod options;
mod outcome;
mod processes;
mod role;
mod runs;
mod shared;

#[cfg(all(unix, feature = "processes"))]
mod code;
#[cfg(all(unix, feature = "processes"))]
mod conduct;
#[cfg(all(unix, feature = "processes"))]
mod local;
#[cfg(all(unix, feature = "processes"))]
mod message;
#[cfg(all(unix, feature = "processes"))]
mod place;
#[cfg(all(unix, feature = "processes"))]
mod worker;

#[cfg(not(all(unix, feature = "processes")))]
#[path = "unsupported.rs"]
mod conduct;

pub(crate) use conduct::conduct;
pub(crate) use input::{Input, Placement};
pub use job::Message;
pub(crate) use job::{Job, Serving, TypeNames, captures_nothing, value_of};
pub(crate) use options::{PlaceOptions, call};
pub(crate) use outcome::strictly;
pub use processes::Processes;
pub use role::is_worker;
pub use shared::SharedProcesses;
