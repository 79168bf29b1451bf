//! Arrays of a message: large ones in shared files, mapped ones where they are.
//!
//! An array that lies in a mapping (`"r"` or `"r+"`), with gaps or without, is passed as a place in that
//! file, whatever its size: files with a name by path and identity, nameless ones along with the message. Any
//! other array larger than `max_nbytes` is copied into nameless shared memory: a file each, up to
//! [`OWN_FILES`], since a file's memory is freed when nobody has any array of it. Further ones share the last
//! file. Nothing is remembered from one message to the next, so an array changed in place is never passed as
//! it was before.

use super::super::local::{self, Attachment};
use crate::{Error, Result};
use joblib_core::memmap::{FileId, MappedFile, ShareOptions, locate};
use joblib_core::{MmapMode, impl_serde_enum, impl_serde_struct};
use joblib_persist::exchange::{Inbox, Outbox, Outgoing};
use std::ffi::OsString;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Arrays of one message that have shared memory of their own.
const OWN_FILES: usize = 16;

/// Where arrays begin in memory that they share.
const ALIGNMENT: u64 = 64;

/// How arrays are passed.
#[derive(Clone, Debug)]
pub(in crate::process) struct Sharing {
    /// Larger ones go into shared memory; `None`: none does.
    pub(in crate::process) max_nbytes: Option<u64>,
    pub(in crate::process) temp_folder: Option<OsString>,
    /// How the other side maps what was copied into shared memory.
    pub(in crate::process) mode: MmapMode,
}

impl_serde_struct!(Sharing { max_nbytes, temp_folder, mode });

impl Sharing {
    /// No array goes into shared memory.
    pub(in crate::process) const NOTHING: Self =
        Self { max_nbytes: None, temp_folder: None, mode: MmapMode::Read };
}

/// The arrays of one message.
#[derive(Clone, Debug, Default)]
pub(in crate::process) struct Parcel {
    files: Vec<Shared>,
    arrays: Vec<ArrayAt>,
}

#[derive(Clone, Debug)]
enum Shared {
    Mapped(MappedFile),
    Stored(Arc<File>),
}

/// What a message says of its arrays.
#[derive(Clone, Debug, Default)]
pub(in crate::process) struct Manifest {
    files: Vec<FileOf>,
    arrays: Vec<ArrayAt>,
}

impl_serde_struct!(Manifest { files, arrays });

#[derive(Clone, Debug)]
enum FileOf {
    /// The next attachment.
    Attached,
    /// A file with a name, and which file that was.
    Named((OsString, (u64, u64))),
}

impl_serde_enum!(FileOf { Attached, Named(path_and_id) });

#[derive(Clone, Debug)]
struct ArrayAt {
    /// Which of the files.
    file: usize,
    offset: u64,
    len: u64,
    mode: MmapMode,
    /// In elements, one for each axis, of an array with gaps.
    strides: Option<Vec<isize>>,
}

impl_serde_struct!(ArrayAt { file, offset, len, mode, strides });

impl Parcel {
    /// What the message says of the arrays, and what goes along.
    pub(in crate::process) fn describe(&self) -> Result<(Manifest, Vec<Attachment>)> {
        let mut attachments = Vec::new();
        let mut attach = |file: Attachment| {
            attachments.push(file);
            FileOf::Attached
        };
        let failed = |error| Error::backend("cannot pass shared memory", error);
        let files = self.files.iter().map(|shared| match shared {
            Shared::Stored(file) => Ok(attach(Arc::clone(file).into())),
            Shared::Mapped(map) => match (map.path(), map.file()) {
                (Some(path), _) => Ok(FileOf::Named((path.as_os_str().to_owned(), map.id().parts()))),
                (None, Some(file)) => file.try_clone().map(|file| attach(file.into())).map_err(failed),
                (None, None) => Err(Error::message("a mapped file has neither name nor descriptor")),
            },
        });
        let files = files.collect::<Result<_>>()?;
        Ok((Manifest { files, arrays: self.arrays.clone() }, attachments))
    }

    fn add(&mut self, shared: Shared, array: ArrayAt) -> u64 {
        let same = |known: &Shared| match (known, &shared) {
            (Shared::Mapped(a), Shared::Mapped(b)) => a.id() == b.id(),
            _ => false,
        };
        let file = self.files.iter().position(same).unwrap_or_else(|| {
            self.files.push(shared);
            self.files.len() - 1
        });
        self.add_at(ArrayAt { file, ..array })
    }

    fn add_at(&mut self, array: ArrayAt) -> u64 {
        self.arrays.push(array);
        self.arrays.len() as u64 - 1
    }
}

/// Packs the arrays of a message.
pub(in crate::process) struct Packer<'s> {
    sharing: &'s Sharing,
    parcel: Parcel,
    own_files: usize,
}

impl<'s> Packer<'s> {
    pub(in crate::process) fn new(sharing: &'s Sharing) -> Self {
        Self { sharing, parcel: Parcel::default(), own_files: 0 }
    }

    pub(in crate::process) fn into_parcel(self) -> Parcel {
        self.parcel
    }

    /// Arrays that do not travel in the message itself.
    pub(super) fn len(&self) -> usize {
        self.parcel.arrays.len()
    }

    /// Copies an array into shared memory of its own; `None` if no more files can be had.
    fn store(&mut self, array: &Outgoing<'_>) -> Result<Option<ArrayAt>> {
        if self.own_files >= OWN_FILES {
            return Ok(None);
        }
        let mut options = ShareOptions::new();
        if let Some(folder) = &self.sharing.temp_folder {
            options = options.temp_folder(folder);
        }
        let len = array.nbytes() as u64;
        match options.store(len, |file| array.for_each_chunk(|chunk| file.write_all(chunk))) {
            Ok(file) => {
                self.own_files += 1;
                self.parcel.files.push(Shared::Stored(Arc::new(file)));
                Ok(Some(self.array_at(self.parcel.files.len() - 1, 0, len)))
            }
            Err(error) if local::is_want_of_descriptors(&error) => {
                self.own_files = OWN_FILES;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Copies an array behind the last one in shared memory; `None` if there is none, or no room.
    fn append(&mut self, array: &Outgoing<'_>) -> Option<ArrayAt> {
        let last = self.parcel.files.iter().rposition(|file| matches!(file, Shared::Stored(_)))?;
        let Shared::Stored(file) = &self.parcel.files[last] else { return None };
        let mut file: &File = file;
        let offset = file.seek(SeekFrom::End(0)).ok()?.next_multiple_of(ALIGNMENT);
        let copied = file
            .seek(SeekFrom::Start(offset))
            .and_then(|_| array.for_each_chunk(|chunk| file.write_all(chunk)));
        copied.ok()?;
        Some(self.array_at(last, offset, array.nbytes() as u64))
    }

    fn array_at(&self, file: usize, offset: u64, len: u64) -> ArrayAt {
        ArrayAt { file, offset, len, mode: self.sharing.mode, strides: None }
    }
}

impl Outbox for Packer<'_> {
    fn put(&mut self, array: &Outgoing<'_>) -> Result<Option<u64>> {
        let nbytes = array.nbytes() as u64;
        if nbytes == 0 {
            return Ok(None);
        }
        if self.parcel.files.len() < local::MAX_ATTACHMENTS - OWN_FILES
            && let Some((map, offset, strides)) = mapped(array)
        {
            let place = ArrayAt { file: 0, offset, len: nbytes, mode: map.mode(), strides };
            return Ok(Some(self.parcel.add(Shared::Mapped(map), place)));
        }
        if self.sharing.max_nbytes.is_none_or(|most| nbytes <= most) {
            return Ok(None);
        }
        let place = match self.store(array)? {
            Some(place) => Some(place),
            None => self.append(array),
        };
        // What fits nowhere else travels in the message.
        Ok(place.map(|place| self.parcel.add_at(place)))
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
pub(in crate::process) struct Unpacker {
    files: Vec<Received>,
    arrays: Vec<ArrayAt>,
}

#[derive(Debug)]
struct Received {
    file: File,
    path: Option<PathBuf>,
    map: Option<MappedFile>,
}

impl Unpacker {
    /// Of what a message says, and what came along.
    pub(in crate::process) fn new(manifest: Manifest, attachments: Vec<Attachment>) -> Result<Self> {
        let mut attachments = attachments.into_iter();
        let receive = |file| match file {
            FileOf::Named((path, meant)) => Received::open(path.into(), meant),
            FileOf::Attached => match attachments.next() {
                Some(file) => Received::attached(file),
                None => Err(Error::message(
                    "shared memory did not come along with a message: too many files are open in the process that it went to",
                )),
            },
        };
        let files = manifest.files.into_iter().map(receive).collect::<Result<_>>()?;
        Ok(Self { files, arrays: manifest.arrays })
    }

    /// Bytes of the arrays.
    pub(super) fn nbytes(&self) -> usize {
        let lengths = self.arrays.iter().map(|array| usize::try_from(array.len).unwrap_or(usize::MAX));
        lengths.fold(0, usize::saturating_add)
    }

    fn array(&mut self, number: u64) -> Result<(&ArrayAt, &mut Received)> {
        let unknown = || Error::corrupt("an array of a message has no place");
        let index = usize::try_from(number).map_err(|_| unknown())?;
        let array = self.arrays.get(index).ok_or_else(unknown)?;
        Ok((array, self.files.get_mut(array.file).ok_or_else(unknown)?))
    }
}

impl Received {
    fn attached(attachment: Attachment) -> Result<Self> {
        let failed = |error| Error::backend("cannot use shared memory", error);
        Ok(Self { file: attachment.into_file().map_err(failed)?, path: None, map: None })
    }

    /// A file by its path, if it still is the one that was meant.
    fn open(path: PathBuf, meant: (u64, u64)) -> Result<Self> {
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
                let failed = |error| Error::io("cannot map", Path::new("shared memory"), error);
                MappedFile::from_file(copy.map_err(failed)?, mode)?
            }
        };
        Ok(self.map.insert(map).clone())
    }
}

impl Inbox for Unpacker {
    fn find(&mut self, number: u64) -> Result<(&File, u64, u64)> {
        let (array, received) = self.array(number)?;
        Ok((&received.file, array.offset, array.len))
    }

    fn map(&mut self, number: u64) -> Result<(MappedFile, u64)> {
        let (array, received) = self.array(number)?;
        Ok((received.map(array.mode)?, array.offset))
    }

    fn strides(&mut self, number: u64) -> Result<Option<Vec<isize>>> {
        Ok(self.array(number)?.0.strides.clone())
    }
}
