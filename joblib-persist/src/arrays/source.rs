//! Finding the arrays that a main stream refers to, and reading or mapping them.

use super::region::{Region, RegionReader};
use crate::compress::{BlockTable, decode_blocks};
use crate::file::Verify;
use crate::format::npy;
use crate::stream::{ArrayExt, Located, Place, Reference, Source, uninit};
use joblib_core::array::Order;
use joblib_core::memmap::handover::{self, Unmappable};
use joblib_core::memmap::{ArrayPlace, MappedFile};
use joblib_core::{Error, MmapMode, Result};
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::mem::MaybeUninit;
use std::path::Path;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// Files in which arrays are found by their numbers.
pub(crate) trait Regions {
    /// Whether there is one file, which is open anyway.
    const IN_ONE_FILE: bool;

    /// The dump.
    fn path(&self) -> &Path;

    /// Whether others find the files.
    fn can_be_found(&self) -> bool {
        true
    }

    /// Where array `index` is: with its `.npy` header, or its compressed blocks alone.
    fn region(&mut self, index: u64, compressed: bool) -> Result<Region>;
}

/// How arrays are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) mmap_mode: Option<MmapMode>,
    /// What becomes of an array that is to be mapped and cannot be.
    pub(crate) unmappable: Unmappable,
    /// Whether checksums are checked; by default only of what is read.
    pub(crate) verify: Option<bool>,
    /// Memory that all arrays together may take.
    pub(crate) memory_limit: u64,
}

/// Gives a decoder the arrays of a dump.
pub(crate) struct ArraySource<R> {
    regions: R,
    limits: Limits,
    found: HashMap<u64, Found>,
    maps: HashMap<Arc<Path>, MappedFile>,
    left: u64,
    /// Arrays that share their memory with whoever reads them again.
    #[cfg_attr(not(feature = "ndarray"), allow(dead_code))]
    shared: HashMap<Shared, Option<Box<dyn Any>>>,
    /// Whether it was said that an array is read instead of mapped.
    warned: bool,
}

/// An array as it stands in the main stream, and the type it was read as.
#[derive(PartialEq, Eq, Hash)]
struct Shared {
    index: u64,
    /// Of the elements or of the block table.
    digest: u128,
    shape: Vec<usize>,
    order: Order,
    kind: TypeId,
}

/// An array in its file.
#[derive(Clone)]
struct Found {
    /// Its bytes as they are stored.
    data: Region,
    /// The same with the `.npy` header, unless they are compressed blocks.
    whole: Region,
    /// Whether it was mapped for writing since its checksum was taken.
    written: bool,
}

impl Found {
    fn digest(&self, digest: u128) -> Option<u128> {
        (!self.written).then_some(digest)
    }
}

impl<R: Regions> ArraySource<R> {
    pub(crate) fn new(regions: R, limits: Limits) -> Self {
        Self {
            regions,
            limits,
            found: HashMap::new(),
            maps: HashMap::new(),
            left: limits.memory_limit,
            shared: HashMap::new(),
            warned: false,
        }
    }

    /// The bytes of an array as they are stored, its header checked against the main stream.
    fn find(&mut self, array: &ArrayExt<'_>, index: u64, compressed: bool) -> Result<Found> {
        if let Some(found) = self.found.get(&index) {
            return Ok(found.clone());
        }
        let whole = self.regions.region(index, compressed)?;
        let (data, written) = if compressed { (whole.clone(), false) } else { data_of(&whole, array)? };
        let found = Found { data, whole, written };
        if !R::IN_ONE_FILE {
            // There may be more than a process can have open.
            self.found.clear();
        }
        self.found.insert(index, found.clone());
        Ok(found)
    }

    fn map(&mut self, region: &Region, mode: MmapMode) -> Result<MappedFile> {
        if let Some(map) = self.maps.get(&region.path) {
            return Ok(map.clone());
        }
        let map = region.map(mode)?;
        self.maps.insert(region.path.clone(), map.clone());
        Ok(map)
    }
}

/// What follows the `.npy` header, if that says the same as the main stream, and whether it was mapped for
/// writing.
fn data_of(region: &Region, array: &ArrayExt<'_>) -> Result<(Region, bool)> {
    // Our headers are short; others are read again, whole.
    let mut header = npy::read(&region.prefix(256)?);
    if header.is_err() {
        header = npy::read(&region.prefix(npy::PREFIX)?);
    }
    let header = header.map_err(|error| error.with_path(&region.path).with_offset(region.offset))?;
    if !header.describes(array.dtype, array.order, array.shape()) {
        return Err(region.corrupt("an array's dtype, shape or order is not what the main stream says"));
    }
    Ok((region.skip(header.len as u64)?, header.marked))
}

fn reference<'de>(array: &ArrayExt<'de>) -> Result<(u64, Option<&'de [u8]>, u128)> {
    match array.place {
        Place::Elsewhere(Reference::Stored { index, digest }) => Ok((index, None, digest)),
        Place::Elsewhere(Reference::Blocks { index, table }) => Ok((index, Some(table), 0)),
        _ => Err(Error::corrupt("an array of a stream in a file that is no stream")),
    }
}

impl<'de, R: Regions> Source<'de> for ArraySource<R> {
    fn check(&mut self, array: &ArrayExt<'de>) -> Result<()> {
        let (index, table, _) = reference(array)?;
        let region = self.find(array, index, table.is_some())?.data;
        let expected = match table {
            None => array.nbytes as u64,
            Some(table) => BlockTable::decode(table, array.nbytes as u64)?.stored_len(),
        };
        if region.len != expected {
            return Err(region.corrupt("an array is longer or shorter than the main stream says"));
        }
        Ok(())
    }

    fn fill<'b>(&mut self, array: &ArrayExt<'de>, dst: &'b mut [MaybeUninit<u8>]) -> Result<&'b mut [u8]> {
        let (index, table, digest) = reference(array)?;
        let found = self.find(array, index, table.is_some())?;
        if table.is_some() {
            let dst = uninit::zeroed(dst);
            self.decompress(array, dst)?;
            return Ok(dst);
        }
        let digest = found.digest(digest).filter(|_| self.limits.verify != Some(false));
        found.data.read(dst, digest.map_or(Verify::Nothing, Verify::Digest))
    }

    fn decompress(&mut self, array: &ArrayExt<'de>, dst: &mut [u8]) -> Result<()> {
        let (index, table, _) = reference(array)?;
        let table = BlockTable::decode(table.unwrap_or_default(), array.nbytes as u64)?;
        let region = self.find(array, index, true)?.data;
        decode_blocks(&table, array.dtype, &RegionReader(&region), dst)
            .map_err(|error| error.with_path(&region.path).with_offset(region.offset))
    }

    fn reserve(&mut self, array: &ArrayExt<'de>) -> Result<()> {
        match self.left.checked_sub(array.nbytes as u64) {
            Some(left) => self.left = left,
            None => {
                let max = self.limits.memory_limit;
                return Err(Error::limit(format!("the arrays take more than `memory_limit` = {max}")));
            }
        }
        Ok(())
    }

    fn place(&mut self, array: &ArrayExt<'de>) -> Result<Option<ArrayPlace>> {
        let Some(mode) = self.limits.mmap_mode else { return Ok(None) };
        let (index, table, digest) = reference(array)?;
        if cfg!(target_endian = "big") || array.nbytes == 0 {
            self.unmapped(array, "its bytes stand in the other order")?;
            return Ok(None);
        }
        if table.is_some() {
            self.unmapped(array, "it is compressed")?;
            return Ok(None);
        }
        let Found { data, written, .. } = self.find(array, index, false)?;
        let map = self.map(&data, mode)?;
        let place = ArrayPlace::new(map, data.offset, array.dtype, array.shape(), array.order);
        if !place.is_aligned() {
            self.unmapped(array, "it is not aligned in its file")?;
            return Ok(None);
        }
        if self.limits.verify == Some(true) && !written {
            data.verify(digest)?;
        }
        Ok(Some(place))
    }

    fn mapped(&mut self, array: &ArrayExt<'de>) -> Result<()> {
        if self.limits.mmap_mode != Some(MmapMode::ReadWrite) {
            return Ok(());
        }
        let (index, ..) = reference(array)?;
        let Found { data, whole, written } = self.find(array, index, false)?;
        if !written {
            whole.mark_written(&self.map(&data, MmapMode::ReadWrite)?)?;
            self.found.insert(index, Found { data, whole, written: true });
        }
        Ok(())
    }

    fn unmapped(&mut self, array: &ArrayExt<'de>, why: &str) -> Result<()> {
        let nbytes = array.nbytes;
        if self.limits.mmap_mode.is_none() || nbytes == 0 {
            return Ok(());
        }
        match self.limits.unmappable {
            Unmappable::Refuse => {
                return Err(Error::unsupported(format!(
                    "an array of {nbytes} bytes cannot be mapped for writing, because {why}; \"c\" reads what cannot be mapped"
                )));
            }
            Unmappable::Warn if !self.warned => {
                self.warned = true;
                handover::said();
                let path = self.regions.path().display();
                joblib_core::event!(WARN, %path, nbytes, "an array is read, not mapped, because {why}");
            }
            Unmappable::Warn | Unmappable::Read => {}
        }
        Ok(())
    }

    fn shared(&mut self, array: &ArrayExt<'de>, kind: TypeId) -> Option<&mut Option<Box<dyn Any>>> {
        let Place::Elsewhere(_) = array.place else { return None };
        let (index, table, digest) = reference(array).ok()?;
        let digest = table.map_or(digest, xxh3_128);
        let shared = Shared { index, digest, shape: array.shape().to_vec(), order: array.order, kind };
        Some(self.shared.entry(shared).or_default())
    }

    fn locate(&mut self, array: &ArrayExt<'de>) -> Result<Option<Located>> {
        if !self.regions.can_be_found() {
            return Ok(None);
        }
        let (index, table, _) = reference(array)?;
        let region = self.find(array, index, table.is_some())?.data;
        Ok(Some(Located { path: region.path, offset: region.offset, len: region.len }))
    }
}
