//! Systems without worker processes, and builds without the feature.

use super::input::{Input, Placement};
use super::job::Job;
use super::outcome::Judge;
use crate::options::Options;
use crate::run::Sink;
use crate::stream::Stream;
use crate::{Error, Parallel, Result, TaskError};
use serde::Serialize;

fn unsupported() -> Error {
    Error::unsupported(match cfg!(unix) {
        true => {
            "worker processes need the feature `processes` of `joblib`, which this program was built without"
        }
        false => "worker processes need Linux or macOS; on this system use threads",
    })
}

pub(super) fn on_threads(_: &Options) -> Result<Option<Parallel>> {
    Ok(None)
}

pub(crate) fn conduct<J, O, Sh, I, S>(
    _: &Options,
    _: &Input<'_, Sh, I>,
    _: Judge<J::Output, J::Failure, O>,
    _: &S,
    _: Placement,
) -> Result<(), TaskError<J::Failure>>
where
    J: Job,
    Sh: Serialize,
    I: Iterator<Item: Serialize>,
    S: Sink<O>,
{
    Err(unsupported().into())
}

pub(super) fn stream<J: Job>(
    _: J,
    _: &Options,
    _: J::Shared,
    _: impl Iterator<Item = J::Item>,
) -> Result<Stream<'static, J::Output>> {
    Err(unsupported())
}
