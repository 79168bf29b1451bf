//! Arrays of a message: large ones in shared files, mapped ones where they are.
//!
//! An array that lies in a mapping (`"r"` or `"r+"`), with gaps or without, is passed as a place in that file, whatever its size: files
//! with a name by path and identity, nameless ones as open files. Any other array larger than `max_nbytes` is
//! copied into nameless shared memory. Nothing is remembered from one message to the next, so an array changed
//! in place is never passed as it was before.
//!
//! In a message: the number of files; for each a byte, 0 for one passed along or 1 for a path, and with a path its
//! text, device and inode; then the number of places; for each the file's number, offset, length and mode, the number of
//! strides, and these, in elements: none for an array without gaps, else one for each axis.

use super::channel::MAX_FILES;
use super::wire::{Body, Put};
use crate::Error;
use joblib_core::memmap::{FileId, MappedFile, ShareOptions, locate};
use joblib_core::{MmapMode, Result};
use joblib_persist::exchange::{Inbox, Outbox, Outgoing};
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How arrays are passed.
#[derive(Clone, Debug)]
pub(super) struct Sharing {
    /// Larger ones go into shared memory; `None`: none does.
    pub(super) max_nbytes: Option<u64>,
    pub(super) temp_folder: Option<PathBuf>,
    /// How the other side maps what was copied into shared memory.
    pub(super) mode: MmapMode,
}

/// The files and places of one message.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    files: Vec<Shared>,
    places: Vec<Place>,
}

#[derive(Clone, Debug)]
enum Shared {
    Mapped(MappedFile),
    Stored(Arc<File>),
}

#[derive(Clone, Debug)]
struct Place {
    file: usize,
    offset: u64,
    len: u64,
    mode: MmapMode,
    /// Of an array with gaps.
    strides: Option<Vec<isize>>,
}

impl Places {
    /// Appends the description; the files to be passed along.
    pub(super) fn write(&self, out: &mut Vec<u8>) -> Result<Vec<OwnedFd>, Error> {
        let mut passed = Vec::new();
        out.put_u64(self.files.len() as u64);
        for shared in &self.files {
            let file = match shared {
                Shared::Stored(file) => file,
                Shared::Mapped(map) => match (map.path(), map.file()) {
                    (Some(path), _) => {
                        out.push(1);
                        out.put_bytes(path.as_os_str().as_encoded_bytes());
                        let (device, inode) = map.id().parts();
                        out.put_u64(device);
                        out.put_u64(inode);
                        continue;
                    }
                    (None, Some(file)) => file,
                    (None, None) => {
                        return Err(Error::message("a mapped file has neither name nor descriptor"));
                    }
                },
            };
            out.push(0);
            let copy = file.try_clone();
            passed.push(copy.map_err(|error| Error::backend("cannot pass shared memory", error))?.into());
        }
        out.put_u64(self.places.len() as u64);
        for place in &self.places {
            out.put_u64(place.file as u64);
            out.put_u64(place.offset);
            out.put_u64(place.len);
            out.push(mode_code(place.mode));
            let strides = place.strides.as_deref().unwrap_or_default();
            out.put_u64(strides.len() as u64);
            strides.iter().for_each(|&stride| out.put_u64(stride as u64));
        }
        Ok(passed)
    }

    fn add(&mut self, shared: Shared, place: Place) -> u64 {
        let same = |known: &Shared| match (known, &shared) {
            (Shared::Mapped(a), Shared::Mapped(b)) => a.id() == b.id(),
            _ => false,
        };
        let file = self.files.iter().position(same).unwrap_or_else(|| {
            self.files.push(shared);
            self.files.len() - 1
        });
        self.places.push(Place { file, ..place });
        self.places.len() as u64 - 1
    }
}

/// Packs the arrays of a message.
pub(super) struct Packer<'s> {
    sharing: &'s Sharing,
    pub(super) places: Places,
}

impl<'s> Packer<'s> {
    /// A packer that adds to `places`.
    pub(super) fn new(sharing: &'s Sharing, places: &mut Places) -> Self {
        Self { sharing, places: std::mem::take(places) }
    }
}

impl Outbox for Packer<'_> {
    fn put(&mut self, array: &Outgoing<'_>) -> Result<Option<u64>> {
        let nbytes = array.nbytes() as u64;
        if nbytes == 0 || self.places.files.len() >= MAX_FILES {
            return Ok(None);
        }
        if let Some((map, offset, strides)) = mapped(array) {
            let place = Place { file: 0, offset, len: nbytes, mode: map.mode(), strides };
            return Ok(Some(self.places.add(Shared::Mapped(map), place)));
        }
        if self.sharing.max_nbytes.is_none_or(|most| nbytes <= most) {
            return Ok(None);
        }
        let mut options = ShareOptions::new();
        if let Some(folder) = &self.sharing.temp_folder {
            options = options.temp_folder(folder);
        }
        let file = options.store(nbytes, |file| array.for_each_chunk(|chunk| file.write_all(chunk)))?;
        let place = Place { file: 0, offset: 0, len: nbytes, mode: self.sharing.mode, strides: None };
        Ok(Some(self.places.add(Shared::Stored(Arc::new(file)), place)))
    }
}

/// Where an array lies that is mapped already, and its strides if it has gaps.
fn mapped(array: &Outgoing<'_>) -> Option<(MappedFile, u64, Option<Vec<isize>>)> {
    let found = match array.as_slice() {
        Some(bytes) => locate(bytes).map(|(map, offset)| (map, offset, None)),
        None => array
            .strided_place()
            .map(|place| (place.file().clone(), place.offset(), Some(place.strides().to_vec()))),
    };
    // What was written to a copy-on-write mapping is not in its file.
    found.filter(|(map, ..)| map.mode() != MmapMode::CopyOnWrite)
}

/// Unpacks the arrays of a message.
#[derive(Debug, Default)]
pub(super) struct Unpacker {
    files: Vec<Received>,
    places: Vec<Place>,
}

#[derive(Debug)]
struct Received {
    file: File,
    path: Option<PathBuf>,
    map: Option<MappedFile>,
}

impl Unpacker {
    /// Takes the description off the front of `body`.
    pub(super) fn read(body: &mut Body<'_>, passed: Vec<OwnedFd>) -> Result<Self, Error> {
        let mut passed = passed.into_iter();
        let mut unpacker = Self::default();
        for _ in 0..body.u64()? {
            let received = match body.byte()? {
                0 => {
                    let file =
                        passed.next().ok_or_else(|| Error::message("a file is missing beside a message"))?;
                    Received { file: file.into(), path: None, map: None }
                }
                _ => Received::open(body)?,
            };
            unpacker.files.push(received);
        }
        for _ in 0..body.u64()? {
            let (file, offset, len) = (body.usize()?, body.u64()?, body.u64()?);
            let mode = mode_of(body.byte()?)?;
            let mut strides = Vec::new();
            for _ in 0..body.u64()? {
                strides.push(body.u64()? as isize);
            }
            let strides = (!strides.is_empty()).then_some(strides);
            unpacker.places.push(Place { file, offset, len, mode, strides });
        }
        Ok(unpacker)
    }

    /// How much memory its arrays take.
    pub(super) fn bytes(&self) -> usize {
        self.places
            .iter()
            .map(|place| usize::try_from(place.len).unwrap_or(usize::MAX))
            .fold(0, usize::saturating_add)
    }

    fn place(&mut self, number: u64) -> Result<(&Place, &mut Received)> {
        let unknown = || joblib_core::Error::corrupt("an array of a message has no place");
        let index = usize::try_from(number).map_err(|_| unknown())?;
        let place = self.places.get(index).ok_or_else(unknown)?;
        Ok((place, self.files.get_mut(place.file).ok_or_else(unknown)?))
    }
}

impl Received {
    /// A file by its path, if it still is the one that was meant.
    fn open(body: &mut Body<'_>) -> Result<Self, Error> {
        use std::os::unix::ffi::OsStrExt;
        let path = PathBuf::from(std::ffi::OsStr::from_bytes(body.bytes()?));
        let meant = (body.u64()?, body.u64()?);
        let failed = |error| Error::backend(format!("cannot open {}", path.display()), error);
        let file = File::open(&path).map_err(failed)?;
        let found = FileId::of(&file.metadata().map_err(failed)?, Some(&path)).parts();
        if found != meant {
            return Err(Error::message(format!("{} was replaced since it was mapped", path.display())));
        }
        Ok(Self { file, path: Some(path), map: None })
    }

    fn map(&mut self, mode: MmapMode) -> Result<MappedFile> {
        if let Some(map) = self.map.as_ref().filter(|map| map.mode() == mode) {
            return Ok(map.clone());
        }
        let map = match &self.path {
            Some(path) => MappedFile::open(path, mode)?,
            None => {
                let copy = self.file.try_clone();
                let failed = |error| joblib_core::Error::io("cannot map", Path::new("shared memory"), error);
                MappedFile::from_file(copy.map_err(failed)?, mode)?
            }
        };
        Ok(self.map.insert(map).clone())
    }
}

impl Inbox for Unpacker {
    fn find(&mut self, number: u64) -> Result<(&File, u64, u64)> {
        let (place, received) = self.place(number)?;
        Ok((&received.file, place.offset, place.len))
    }

    fn map(&mut self, number: u64) -> Result<(MappedFile, u64)> {
        let (place, received) = self.place(number)?;
        Ok((received.map(place.mode)?, place.offset))
    }

    fn strides(&mut self, number: u64) -> Result<Option<Vec<isize>>> {
        Ok(self.place(number)?.0.strides.clone())
    }
}

pub(super) fn mode_code(mode: MmapMode) -> u8 {
    match mode {
        MmapMode::Read => 0,
        MmapMode::ReadWrite => 1,
        MmapMode::CopyOnWrite => 2,
    }
}

pub(super) fn mode_of(code: u8) -> Result<MmapMode, Error> {
    match code {
        0 => Ok(MmapMode::Read),
        1 => Ok(MmapMode::ReadWrite),
        2 => Ok(MmapMode::CopyOnWrite),
        _ => Err(Error::message("an unknown way of mapping in a message")),
    }
}
