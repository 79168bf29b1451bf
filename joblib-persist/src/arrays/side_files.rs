//! Side files: one per array, beside the main file.

use super::region::Region;
use super::sink::Shelf;
use super::source::Regions;
use crate::compress::{BlockTable, Compression, encode_blocks};
use crate::file::{NewFile, create_new, followed, preallocate, write_all_at, write_payload};
use crate::format::frame::{Frame, side_file};
use crate::format::npy;
use crate::payload::Payload;
use joblib_core::fork::Process;
use joblib_core::{Error, Result};
use std::fs::{self, File, Permissions};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The extension of side files that numpy opens.
const STORED: &str = "npy";
/// The extension of side files that hold compressed blocks.
const BLOCKS: &str = "blocks";
/// All of them.
pub(crate) const EXTENSIONS: [&str; 2] = [STORED, BLOCKS];

/// Writes side files; they are removed again unless they are kept.
pub(crate) struct SideShelf {
    directory: PathBuf,
    stem: String,
    generation: u64,
    durable: bool,
    /// The permissions of the main file, where side files take them over.
    permissions: Option<Permissions>,
    written: Vec<PathBuf>,
    process: Process,
}

impl SideShelf {
    pub(crate) fn new(main: &NewFile, stem: String, generation: u64, durable: bool) -> Self {
        let directory = main.target().parent().map(Path::to_owned).unwrap_or_default();
        let metadata = main.file().metadata();
        let permissions = metadata.ok().filter(|_| cfg!(unix)).map(|metadata| metadata.permissions());
        Self {
            directory,
            stem,
            generation,
            durable,
            permissions,
            written: Vec::new(),
            process: Process::current(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.written.len()
    }

    /// The files written, which now stay.
    pub(crate) fn keep(mut self) -> Vec<PathBuf> {
        std::mem::take(&mut self.written)
    }

    fn create(&mut self, extension: &str) -> Result<(u64, PathBuf, File)> {
        let index = self.written.len() as u64 + 1;
        let path = self.directory.join(side_file(&self.stem, index, self.generation, extension));
        let file = create_new(&path).map_err(|error| Error::io("cannot create", &path, error))?;
        self.written.push(path.clone());
        let own = file.metadata().ok().map(|metadata| metadata.permissions());
        if let Some(permissions) = self.permissions.as_ref().filter(|_| self.permissions != own) {
            // What others could not read before must not become readable in the new dump.
            file.set_permissions(permissions.clone())
                .map_err(|error| Error::io("cannot protect", &path, error))?;
        }
        Ok((index, path, file))
    }

    fn finish(&self, file: &File, path: &Path) -> Result<()> {
        if self.durable {
            file.sync_all().map_err(|error| Error::io("cannot sync", path, error))?;
        }
        Ok(())
    }
}

impl Drop for SideShelf {
    fn drop(&mut self) {
        if !self.process.is_current() {
            return;
        }
        for path in &self.written {
            let _ = fs::remove_file(path);
        }
    }
}

impl Shelf for SideShelf {
    fn store(&mut self, _: &str, payload: &Payload<'_>) -> Result<(u64, u128)> {
        let (index, path, file) = self.create(STORED)?;
        let header = npy::write(payload.dtype(), payload.order(), payload.shape());
        preallocate(&file, 0, (header.len() + payload.nbytes()) as u64, &path)?;
        write_all_at(&file, &path, &header, 0)?;
        let sums = write_payload(&file, &path, header.len() as u64, payload, false)?;
        self.finish(&file, &path)?;
        Ok((index, sums.digest))
    }

    fn compress(
        &mut self,
        _: &str,
        payload: &Payload<'_>,
        compression: &Compression,
    ) -> Result<(u64, BlockTable, u128)> {
        let (index, path, file) = self.create(BLOCKS)?;
        let mut end = 0;
        let (table, digest) = encode_blocks(payload.dtype(), payload, compression, &mut |bytes| {
            write_all_at(&file, &path, bytes, end)?;
            end += bytes.len() as u64;
            Ok(())
        })?;
        self.finish(&file, &path)?;
        Ok((index, table, digest))
    }
}

/// Finds side files by the frame of their main file.
pub(crate) struct SideFiles {
    main: Arc<Path>,
    directory: PathBuf,
    frame: Frame,
}

impl SideFiles {
    pub(crate) fn new(main: Arc<Path>, frame: Frame) -> Self {
        Self { directory: followed(&main).parent().map(Path::to_owned).unwrap_or_default(), main, frame }
    }
}

impl Regions for SideFiles {
    const IN_ONE_FILE: bool = false;

    fn path(&self) -> &Path {
        &self.main
    }

    fn region(&mut self, index: u64, compressed: bool) -> Result<Region> {
        if index == 0 || index > u64::from(self.frame.side_files) {
            return Err(Error::corrupt("an array refers to a side file that does not belong to the dump"));
        }
        let name = self.frame.side_file(index, if compressed { BLOCKS } else { STORED });
        let path: Arc<Path> = self.directory.join(name).into();
        let file = File::open(&path).map_err(|error| Error::io("cannot open the side file", &path, error))?;
        let metadata = file.metadata().map_err(|error| Error::io("cannot examine", &path, error))?;
        Ok(Region { file: Arc::new(file), path, offset: 0, len: metadata.len() })
    }
}
