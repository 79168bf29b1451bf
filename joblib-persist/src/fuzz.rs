//! Ways into the parsers for the fuzz targets (`fuzz/`), past the checksums that protect them from accidental
//! damage.

use crate::compress::{BlockTable, Method, StreamReader, codec_of};
use crate::format::{VERSION, frame, npy};
use joblib_core::array::DType;
use serde::de::DeserializeOwned;
use std::io::Read;
use xxhash_rust::xxh3::xxh3_64;

/// The header of a main file, its checksum made right.
pub fn frame(data: &[u8]) {
    let mut bytes = data.to_vec();
    if let Some(fixed) = bytes.first_chunk_mut::<{ frame::FIXED }>() {
        fixed[..8].copy_from_slice(&frame::MAGIC);
        fixed[8..10].copy_from_slice(&VERSION.to_le_bytes());
        let stem_len = u32::from_le_bytes([fixed[12], fixed[13], fixed[14], fixed[15]]) as usize;
        let mut summed = fixed[..frame::FIXED - 8].to_vec();
        summed.extend_from_slice(
            bytes.get(frame::FIXED..).and_then(|rest| rest.get(..stem_len)).unwrap_or(&[]),
        );
        bytes[frame::FIXED - 8..frame::FIXED].copy_from_slice(&xxh3_64(&summed).to_le_bytes());
    }
    if let Ok((frame, len)) = frame::Frame::decode(&bytes) {
        assert!(len <= bytes.len() && frame.encode() == bytes[..len]);
        assert!(!frame.stem.contains(['/', '\\']));
    }
}

/// The header of a `.npy` file.
pub fn npy(data: &[u8]) {
    if let Ok(header) = npy::read(data) {
        assert!(header.len <= data.len() && header.shape.len() <= data.len());
    }
}

/// The main stream of a value of type `T`, as the caches keep small values.
pub fn stream<T: DeserializeOwned>(data: &[u8]) {
    let mut bytes = vec![VERSION as u8];
    bytes.extend_from_slice(data);
    let _ = crate::memory::decode::<T>(&bytes);
}

/// The table of an array's blocks.
pub fn block_table(data: &[u8]) {
    let Some((raw_len, table)) = data.split_first_chunk() else { return };
    let raw_len = u64::from_le_bytes(*raw_len);
    if let Ok(table) = BlockTable::decode(table, raw_len) {
        assert!(table.raw_len() == raw_len && table.stored_len() <= raw_len);
    }
}

/// One block of one method: the first bytes choose the method, the element type and the size.
pub fn block(data: &[u8]) {
    let [method, dtype, len0, len1, len2, packed @ ..] = data else { return };
    let dtype = DType::ALL[usize::from(*dtype) % DType::ALL.len()];
    let raw_len = u32::from_le_bytes([*len0, *len1, *len2 & 0x0f, 0]) as usize;
    let Ok(codec) = codec_of(Method::ALL[usize::from(*method) % Method::ALL.len()]) else { return };
    let mut raw = vec![0; raw_len];
    let _ = codec.decompress_block(packed, dtype, &mut raw);
}

/// A stream of one method, or plain bytes.
pub fn compressed_stream(data: &[u8]) {
    let Ok(reader) = StreamReader::new(data) else { return };
    let mut bytes = Vec::new();
    let _ = reader.take(1 << 22).read_to_end(&mut bytes);
}

/// What [`stream`] takes for `value`.
pub fn encode<T: serde::Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = crate::memory::encode(value, &mut bytes, usize::MAX);
    bytes.split_off(bytes.len().min(1))
}

/// What the blocks' target takes for a short block of every method.
pub fn example_blocks() -> Vec<Vec<u8>> {
    let raw: Vec<u8> = (0..500u64).flat_map(|i| (i * i / 3).to_le_bytes()).collect();
    let dtype = DType::I64;
    let example = |(index, method): (usize, &Method)| {
        let codec = codec_of(*method).ok()?;
        let mut packed = vec![0; codec.block_bound(raw.len())];
        let len = codec.compress_block(&raw, dtype, codec.default_level(), &mut packed).ok()??;
        let [len0, len1, len2, _] = (raw.len() as u32).to_le_bytes();
        let mut seed = vec![1, index as u8, dtype.code() - 1, len0, len1, len2];
        seed.extend_from_slice(&packed[..len]);
        Some(seed)
    };
    Method::ALL.iter().enumerate().filter_map(example).collect()
}
