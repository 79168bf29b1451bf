//! Worker processes of this machine. All that depends on the operating system is in here: another system, or
//! another way to reach workers, has the same items in a folder of its own.

mod attachment;
mod channel;
mod enter;
#[cfg(feature = "faults")]
mod faults;
mod idle;
mod limits;
mod place;
mod runtime;
mod socket;
mod spawn;
mod status;
mod wake;

pub(super) use attachment::{Attachment, MAX_ATTACHMENTS, is_want_of_descriptors};
pub(super) use place::{Local, Workers};
pub(super) use spawn::{InnerThreads, Settings};
pub(super) use status::Status;
pub(super) use wake::{WakeReceiver, wake_pair};
