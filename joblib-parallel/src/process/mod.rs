//! Tasks in worker processes. The protocol is described in `README.md` beside this file.

mod input;
mod job;
mod options;
mod outcome;
mod processes;
mod runs;
mod shared;

#[cfg(unix)]
mod batch;
#[cfg(unix)]
mod channel;
#[cfg(unix)]
mod engine;
#[cfg(unix)]
mod here;
#[cfg(unix)]
mod idle;
#[cfg(unix)]
mod parcel;
#[cfg(unix)]
mod production;
#[cfg(unix)]
mod protocol;
#[cfg(unix)]
mod spawn;
#[cfg(unix)]
mod status;
#[cfg(unix)]
mod supervisor;
#[cfg(unix)]
mod task;
#[cfg(unix)]
mod tasks;
#[cfg(unix)]
mod wire;
#[cfg(unix)]
mod worker;

#[cfg(not(unix))]
#[path = "unsupported.rs"]
mod engine;

pub(crate) use engine::conduct;
pub(crate) use input::{Input, Place};
pub use job::Message;
pub(crate) use job::{Job, Serving, TypeNames, captures_nothing, value_of};
pub use options::Size;
pub(crate) use options::{PlaceOptions, call};
pub(crate) use outcome::strictly;
pub use processes::Processes;
pub use shared::SharedProcesses;

/// Whether this process is a worker of another: tasks can tell.
#[must_use]
pub fn is_worker() -> bool {
    engine::is_worker()
}
