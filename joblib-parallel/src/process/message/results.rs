//! How the tasks of a batch ended, and what they returned.

use super::endings::{Ending, Endings};
use super::parcel::Manifest;
use super::{Message, Packer, Parcel, Payload, ResultsHead, Sharing, ToParent, Unpacker, guarded, payload};
use crate::process::job::Job;
use crate::process::local::Attachment;
use crate::process::outcome::Outcome;
use crate::{Error, Result};
use joblib_persist::exchange;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// What a worker has to tell of a batch so far.
pub(in crate::process) struct Results<'s> {
    endings: Endings,
    bytes: Vec<u8>,
    /// Where the last value begins in them.
    last_value: usize,
    packer: Packer<'s>,
    large: Vec<Box<dyn Any>>,
}

/// Large values that were passed, and the memory that they were copied to. Freeing them takes time, which
/// nobody should wait for.
#[derive(Debug, Default)]
pub(in crate::process) struct Leftovers {
    values: Vec<Box<dyn Any>>,
    #[allow(dead_code, reason = "held for its drop")]
    parcel: Parcel,
}

impl Leftovers {
    /// Frees the values.
    pub(in crate::process) fn drop_values(&mut self) {
        std::mem::take(&mut self.values).into_iter().for_each(drop_passed);
    }
}

/// Drops a user's value that was passed on; a panic fails nothing, and the panic hook reports it.
fn drop_passed<T>(value: T) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(value)));
}

impl<'s> Results<'s> {
    pub(in crate::process) fn new(sharing: &'s Sharing) -> Self {
        Self {
            endings: Endings::default(),
            bytes: Vec::new(),
            last_value: 0,
            packer: Packer::new(sharing),
            large: Vec::new(),
        }
    }

    /// Tasks told of.
    pub(in crate::process) fn len(&self) -> usize {
        self.endings.tasks
    }

    /// The next task returned this.
    pub(in crate::process) fn returned<T: Serialize + 'static>(&mut self, value: T) {
        self.value(value, None);
    }

    /// The next task returned this error.
    pub(in crate::process) fn failed<T: Serialize + 'static>(&mut self, error: T) {
        self.value(error, Some(Ending::Failed));
    }

    /// The next task panicked.
    pub(in crate::process) fn panicked(&mut self, text: String, place: String) {
        self.end(Some(Ending::Panicked((text, place))));
    }

    /// The next task is lost, for this reason.
    pub(in crate::process) fn lost(&mut self, why: &Error) {
        self.end(Some(Ending::Lost(why.to_string())));
    }

    /// Takes back what was noted of the last task: it was not over.
    pub(in crate::process) fn take_back_last(&mut self) {
        let last = self.endings.tasks.saturating_sub(1);
        let others = &mut self.endings.others;
        let is_last = others.back().is_some_and(|(number, _)| *number == last);
        let other = is_last.then(|| others.pop_back()).flatten();
        if other.is_none_or(|(_, ending)| ending.has_value()) {
            self.bytes.truncate(self.last_value);
        }
        self.endings.tasks = last;
    }

    fn value<T: Serialize + 'static>(&mut self, value: T, ending: Option<Ending>) {
        let Self { bytes, packer, .. } = self;
        let (start, arrays) = (bytes.len(), packer.len());
        match payload::push(bytes, &value, packer, "its result cannot be passed") {
            Ok(()) => {
                match packer.len() > arrays {
                    true => self.large.push(Box::new(value)),
                    false => drop_passed(value),
                }
                self.last_value = start;
                self.end(ending);
            }
            Err(error) => {
                drop_passed(value);
                self.lost(&error);
            }
        }
    }

    fn end(&mut self, ending: Option<Ending>) {
        if let Some(ending) = ending {
            self.endings.others.push_back((self.len(), ending));
        }
        self.endings.tasks += 1;
    }

    /// The message that tells the parent, and what can go once it has been sent and read.
    pub(in crate::process) fn into_message(
        self,
        run: u64,
        elapsed: Duration,
    ) -> (Message<ToParent>, Leftovers) {
        let Self { mut endings, mut bytes, packer, large, .. } = self;
        let parcel = packer.into_parcel();
        let (manifest, attachments) = parcel.describe().unwrap_or_else(|error| {
            bytes.clear();
            endings = Endings::all_lost(endings.tasks, &error);
            Default::default()
        });
        let nanoseconds = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
        let control = ToParent::Results(ResultsHead { run, nanoseconds, endings, manifest });
        (Message { control, payload: bytes.into(), attachments }, Leftovers { values: large, parcel })
    }
}

/// What a parent is told of a batch.
pub(in crate::process) struct Outcomes {
    endings: Endings,
    payload: Payload,
    unpacker: Unpacker,
    /// Tasks read, and where the next value begins.
    read: usize,
    at: usize,
}

impl Outcomes {
    /// From a message; all tasks are lost if one of its files did not arrive.
    pub(in crate::process) fn new(
        endings: Endings,
        manifest: Manifest,
        payload: Payload,
        attachments: Vec<Attachment>,
    ) -> Self {
        let (endings, payload, unpacker) = match Unpacker::new(manifest, attachments) {
            Ok(unpacker) => (endings, payload, unpacker),
            Err(why) => (Endings::all_lost(endings.len(), &why), Payload::default(), Unpacker::default()),
        };
        Self { endings, payload, unpacker, read: 0, at: 0 }
    }

    /// Tasks told of.
    pub(in crate::process) fn len(&self) -> usize {
        self.endings.len()
    }

    /// Bytes of their values, arrays included.
    pub(in crate::process) fn nbytes(&self) -> usize {
        self.payload.len().saturating_add(self.unpacker.nbytes())
    }

    /// How the next task ended; `None` after the last.
    pub(in crate::process) fn next<J: Job>(&mut self) -> Option<Outcome<J::Output, J::Failure>> {
        let number = self.read;
        if number >= self.endings.tasks {
            return None;
        }
        self.read += 1;
        let others = &mut self.endings.others;
        let other = others.front().is_some_and(|(at, _)| *at == number).then(|| others.pop_front()).flatten();
        Some(match other {
            None => self.value().map_or_else(Outcome::Lost, Outcome::Returned),
            Some((_, Ending::Failed)) => self.value().map_or_else(Outcome::Lost, Outcome::Failed),
            Some((_, Ending::Panicked((text, place)))) => Outcome::Panicked(text, place),
            Some((_, Ending::Lost(why))) => Outcome::Lost(Error::message(why)),
        })
    }

    fn value<T: DeserializeOwned>(&mut self) -> Result<T> {
        let mut left = &self.payload[self.at..];
        let value = payload::take(&mut left).ok_or_else(|| Error::message("its result is cut off"))?;
        self.at = self.payload.len() - left.len();
        guarded("its result cannot be read", || exchange::decode(&mut { value }, &mut self.unpacker))
    }
}
