//! How the caches' values are encoded: small ones in memory, large ones as archives.

use crate::compress::{Compression, IntoCompression};
use crate::layout::input::Opened;
use crate::layout::{Plan, archive};
use crate::load::Loader;
use crate::memory;
use joblib_core::depth::MAX_DEPTH;
use joblib_core::{Encoded, Error, MmapMode, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// The codec of the caches: small values in memory as MessagePack, large ones in files as
/// [`dump`](crate::dump) writes a single file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Codec;

impl joblib_core::Codec for Codec {
    type Compression = Compression;

    fn encode<T>(&self, value: &T, buffer: &mut Vec<u8>, limit: usize, _: &Compression) -> Result<Encoded>
    where
        T: Serialize + ?Sized,
    {
        memory::encode(value, buffer, limit)
    }

    fn write<T>(&self, value: &T, file: &File, compression: &Compression) -> Result<u64>
    where
        T: Serialize + ?Sized,
    {
        let plan = Plan {
            compression: *compression,
            durable: false,
            dedup: false,
            least: None,
            max_depth: MAX_DEPTH,
        };
        archive::write(&value, file, Path::new("a cache entry"), &plan)
    }

    fn decode<T>(&self, bytes: &[u8]) -> Result<T>
    where
        T: DeserializeOwned,
    {
        memory::decode(bytes)
    }

    fn read<T>(&self, file: &File, path: &Path, mode: Option<MmapMode>) -> Result<T>
    where
        T: DeserializeOwned,
    {
        let file = file.try_clone().map_err(|error| Error::io("cannot duplicate", path, error))?;
        let opened = Opened::new(Arc::new(file), path.into())?;
        let mut loader = Loader::new();
        if let Some(mode) = mode {
            loader = loader.mmap_mode_if_possible(mode);
        }
        loader.read_opened(&opened).map_err(|error| error.with_path(path))
    }
}

impl<T: IntoCompression> joblib_core::Compresses<T> for Codec {
    fn compression(wanted: T) -> Result<Compression> {
        wanted.into_compression()
    }
}
