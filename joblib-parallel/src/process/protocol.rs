//! The messages between a parent and its workers; frames are described in `channel.rs`, and all in `README.md`.

use super::channel::Frame;
use super::status::Status;
use super::task;
use super::wire::{Body, Put};
use crate::{Error, Result};
use std::fs::File;

/// Parent to worker: who it is, what it may use; with the status file.
pub(super) const HELLO: u8 = 1;
/// Parent to worker: the value that all tasks of a run share.
pub(super) const SHARED: u8 = 2;
/// Parent to worker: tasks.
pub(super) const BATCH: u8 = 3;
/// Parent to worker: the run is over.
pub(super) const END: u8 = 4;

/// Worker to parent: it is prepared.
pub(super) const READY: u8 = 16;
/// Worker to parent: it cannot serve, and why.
pub(super) const REFUSED: u8 = 17;
/// Worker to parent: results.
pub(super) const RESULTS: u8 = 18;

/// Changes with the messages.
const VERSION: u64 = 4;

/// The first message to a worker.
pub(super) struct Hello {
    pub(super) status: Status,
    pub(super) memory_limit: Option<u64>,
    pub(super) idle_timeout_ms: u64,
    /// Distance of the function to be called first; 0 if none.
    pub(super) initializer: u64,
}

impl Hello {
    pub(super) fn write(
        status: &Status,
        memory_limit: Option<u64>,
        idle_timeout_ms: u64,
        initializer: u64,
    ) -> Result<Frame> {
        let mut body = Vec::new();
        body.put_u64(VERSION);
        for part in task::build_id()? {
            body.put_u64(part);
        }
        body.put_u64(memory_limit.unwrap_or(0));
        body.put_u64(idle_timeout_ms);
        body.put_u64(initializer);
        let file =
            status.file().try_clone().map_err(|error| Error::backend("cannot pass shared memory", error))?;
        Ok(Frame { kind: HELLO, body, files: vec![file.into()] })
    }

    /// Reads it in the worker, which must be of the same build.
    pub(super) fn read(frame: Frame) -> Result<Self> {
        let mut body = Body(&frame.body);
        if frame.kind != HELLO || body.u64()? != VERSION {
            return Err(Error::message("the parent speaks another version of the protocol"));
        }
        for part in task::build_id()? {
            if body.u64()? != part {
                return Err(Error::message("the parent is another build of this program"));
            }
        }
        let file =
            frame.files.into_iter().next().ok_or_else(|| Error::message("the status file is missing"))?;
        let status = Status::from_file(File::from(file))
            .map_err(|error| Error::message_from("the status file cannot be used", error))?;
        Ok(Self {
            status,
            memory_limit: Some(body.u64()?).filter(|&limit| limit > 0),
            idle_timeout_ms: body.u64()?,
            initializer: body.u64()?,
        })
    }
}
