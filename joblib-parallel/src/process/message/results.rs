//! How the tasks of a batch ended, and what they returned.

use super::{Message, Packer, Parcel, Payload, Sharing, ToParent, Unpacker, guarded};
use crate::process::job::Job;
use crate::process::outcome::Outcome;
use crate::{Error, Result};
use joblib_persist::exchange;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::collections::VecDeque;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// How tasks ended, one after the other.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::process) struct Endings {
    /// For each task the end of its value.
    ends: Vec<usize>,
    /// Those that did not return as they should, in order, each with its number in the batch.
    others: VecDeque<(usize, Ending)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Ending {
    /// With an error, which is the value.
    Failed,
    /// With this text, at this place.
    Panicked(String, String),
    /// The item or the result could not be passed.
    Lost(String),
}

/// What a worker has to tell of a batch so far.
pub(in crate::process) struct Results<'s> {
    endings: Endings,
    bytes: Vec<u8>,
    packer: Packer<'s>,
    large: Vec<Box<dyn Any>>,
}

/// Large values that were passed, and the memory that they were copied to. Freeing them takes time, which nobody should wait for.
#[derive(Debug, Default)]
pub(in crate::process) struct Leftovers {
    values: Vec<Box<dyn Any>>,
    #[allow(dead_code, reason = "held for its drop")]
    parcel: Parcel,
}

impl Leftovers {
    /// Frees the values.
    pub(in crate::process) fn drop_values(&mut self) {
        let values = std::mem::take(&mut self.values);
        // As that of a value passed, a panic is told by the hook.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(values)));
    }
}

impl<'s> Results<'s> {
    pub(in crate::process) fn new(sharing: &'s Sharing) -> Self {
        Self {
            endings: Endings::default(),
            bytes: Vec::new(),
            packer: Packer::new(sharing),
            large: Vec::new(),
        }
    }

    /// Tasks told of.
    pub(in crate::process) fn len(&self) -> usize {
        self.endings.ends.len()
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
        self.end(Some(Ending::Panicked(text, place)));
    }

    /// The next task is lost, for this reason.
    pub(in crate::process) fn lost(&mut self, why: &Error) {
        self.end(Some(Ending::Lost(why.to_string())));
    }

    /// The tasks not told of, of so many in the batch, are lost, for this reason.
    pub(in crate::process) fn lose_rest(&mut self, tasks: usize, why: &Error) {
        (self.len()..tasks).for_each(|_| self.lost(why));
    }

    /// What was said of the last task does not hold: it was not over.
    pub(in crate::process) fn take_back_last(&mut self) {
        let ends = &mut self.endings.ends;
        ends.pop();
        self.endings.others.retain(|(number, _)| *number < ends.len());
        self.bytes.truncate(ends.last().copied().unwrap_or(0));
    }

    fn value<T: Serialize + 'static>(&mut self, value: T, ending: Option<Ending>) {
        let Self { bytes, packer, .. } = self;
        let (start, arrays) = (bytes.len(), packer.len());
        match guarded("its result cannot be passed", || exchange::encode(&value, bytes, packer)) {
            Ok(()) => {
                if packer.len() > arrays {
                    self.large.push(Box::new(value));
                }
                self.end(ending);
            }
            // A panic took the output along, with the values before this one.
            Err(error) if self.bytes.len() < start => self.lose_all(self.len() + 1, &error),
            Err(error) => {
                self.bytes.truncate(start);
                self.lost(&error);
            }
        }
    }

    fn end(&mut self, ending: Option<Ending>) {
        if let Some(ending) = ending {
            self.endings.others.push_back((self.len(), ending));
        }
        self.endings.ends.push(self.bytes.len());
    }

    /// So many tasks are lost, for this reason, of which some may have been told of.
    fn lose_all(&mut self, tasks: usize, why: &Error) {
        self.bytes.clear();
        self.endings = Endings::all_lost(tasks, why);
    }

    /// The message that tells the parent, and what can go once it has been sent and read.
    pub(in crate::process) fn into_message(
        self,
        run: u64,
        elapsed: Duration,
    ) -> (Message<ToParent>, Leftovers) {
        let Self { mut endings, mut bytes, packer, large } = self;
        let parcel = packer.into_parcel();
        let (manifest, attachments) = parcel.describe().unwrap_or_else(|error| {
            bytes.clear();
            endings = Endings::all_lost(endings.len(), &error);
            Default::default()
        });
        let nanoseconds = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
        let control = ToParent::Results { run, nanoseconds, endings, manifest };
        (Message { control, payload: bytes.into(), attachments }, Leftovers { values: large, parcel })
    }
}

impl Endings {
    /// Of so many tasks, all of them lost for this reason.
    pub(in crate::process) fn all_lost(tasks: usize, why: &Error) -> Self {
        let lost = |number| (number, Ending::Lost(why.to_string()));
        Self { ends: vec![0; tasks], others: (0..tasks).map(lost).collect() }
    }

    pub(in crate::process) fn len(&self) -> usize {
        self.ends.len()
    }
}

/// What a parent is told of a batch.
pub(in crate::process) struct Outcomes {
    endings: Endings,
    payload: Payload,
    unpacker: Unpacker,
    /// Tasks read.
    read: usize,
}

impl Outcomes {
    pub(in crate::process) fn new(endings: Endings, payload: Payload, unpacker: Unpacker) -> Self {
        Self { endings, payload, unpacker, read: 0 }
    }

    /// Of so many tasks, all of them lost for this reason.
    pub(in crate::process) fn all_lost(tasks: usize, why: &Error) -> Self {
        Self::new(Endings::all_lost(tasks, why), Payload::default(), Unpacker::default())
    }

    /// Tasks told of.
    pub(in crate::process) fn len(&self) -> usize {
        self.endings.len()
    }

    /// Bytes of the message that their values came in, arrays in shared memory not counted.
    pub(in crate::process) fn nbytes(&self) -> usize {
        self.payload.len()
    }

    /// How the next task ended; `None` after the last.
    pub(in crate::process) fn next<J: Job>(&mut self) -> Option<Outcome<J::Output, J::Failure>> {
        let number = self.read;
        let end = *self.endings.ends.get(number)?;
        let start = if number == 0 { 0 } else { self.endings.ends[number - 1] };
        self.read += 1;
        let other = self.endings.others.pop_front_if(|(at, _)| *at == number);
        let value = start..end;
        Some(match other {
            None => self.value(value).map_or_else(Outcome::Lost, Outcome::Returned),
            Some((_, Ending::Failed)) => self.value(value).map_or_else(Outcome::Lost, Outcome::Failed),
            Some((_, Ending::Panicked(text, place))) => Outcome::Panicked(text, place),
            Some((_, Ending::Lost(why))) => Outcome::Lost(Error::message(why)),
        })
    }

    fn value<T: DeserializeOwned>(&mut self, range: Range<usize>) -> Result<T> {
        let bytes = self.payload.get(range).ok_or_else(|| Error::message("its result is cut off"))?;
        guarded("its result cannot be read", || exchange::decode(&mut { bytes }, &mut self.unpacker))
    }
}
