//! The files of one function: which index counts, and what is left over.

use super::index::Index;
use super::segment;
use crate::Error;
use crate::Result;
use std::path::{Path, PathBuf};
use std::{fs, io};

const INDEX: &str = "index.";

/// Files of a function's directory.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Generation and path, the newest first.
    pub(super) indexes: Vec<(u64, PathBuf)>,
    /// Lineage, number and path.
    pub(super) segments: Vec<(u64, u32, PathBuf)>,
}

impl Listing {
    /// Lists the directory; empty where there is none.
    pub(super) fn read(dir: &Path) -> Result<Self> {
        let failed = |error| Error::io("cannot list a function's entries", dir, error);
        let is_gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
        let entries = match fs::read_dir(dir) {
            Err(error) if is_gone(&error) => return Ok(Self::default()),
            entries => entries.map_err(failed)?,
        };
        let mut listing = Self::default();
        for entry in entries {
            let name = match entry {
                // The directory was removed.
                Err(error) if is_gone(&error) => break,
                entry => entry.map_err(failed)?.file_name(),
            };
            let Some(name) = name.to_str() else { continue };
            if let Some(generation) = name.strip_prefix(INDEX).and_then(parse_generation) {
                listing.indexes.push((generation, dir.join(name)));
            } else if let Some((lineage, number)) = segment::parse_name(name) {
                listing.segments.push((lineage, number, dir.join(name)));
            }
        }
        listing.indexes.sort_by_key(|index| std::cmp::Reverse(index.0));
        Ok(listing)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.indexes.is_empty() && self.segments.is_empty()
    }

    /// Numbers of the segments of a lineage.
    pub(super) fn numbers_of(&self, lineage: u64) -> impl Iterator<Item = u32> {
        self.segments.iter().filter(move |segment| segment.0 == lineage).map(|segment| segment.1)
    }

    /// The newest index that is whole and in use, and whether it and its segments are all there is.
    pub(super) fn current(&self) -> Result<(Option<Index>, bool)> {
        let mut plain = self.indexes.len() <= 1;
        for (generation, path) in &self.indexes {
            match Index::open(path) {
                Ok(index) if index.generation == *generation && !Index::is_moved(index.word()) => {
                    let known = |&(lineage, number, _): &(u64, u32, PathBuf)| {
                        lineage == index.lineage && index.table().segment(number).is_some()
                    };
                    plain &= self.segments.iter().all(known);
                    plain &=
                        index.table().is_sound(|id| self.numbers_of(index.lineage).any(|n| n == id.number));
                    return Ok((Some(index), plain));
                }
                Ok(_) => plain = false,
                Err(error) if error.is_not_found() || error.is_corrupt() => plain = false,
                Err(error) => return Err(error),
            }
        }
        Ok((None, self.is_empty()))
    }
}

/// Generations count up from 1: a name that says more than they reach is not of an index.
fn parse_generation(number: &str) -> Option<u64> {
    number.parse().ok().filter(|&generation| generation < 1 << 63)
}

/// Where the index of this generation stands.
pub(super) fn index_path(dir: &Path, generation: u64) -> PathBuf {
    dir.join(format!("{INDEX}{generation}"))
}

/// Tells everyone who has an index of this directory mapped that it is no longer the function's.
pub(in crate::store) fn retire(dir: &Path) {
    for (_, path) in Listing::read(dir).unwrap_or_default().indexes {
        Index::retire_file(&path);
    }
}

/// As [`retire`], and removes them.
pub(in crate::store) fn remove_indexes(dir: &Path) -> io::Result<()> {
    for (_, path) in Listing::read(dir).unwrap_or_default().indexes {
        Index::retire_file(&path);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
