//! Blocks: what goes in comes out, and what is damaged is refused.

use super::*;
use crate::compress::{Compression, IntoCompression, Method, Shuffle};
use crate::payload::Payload;
use joblib_core::array::{self, DType, RawArray};
use joblib_core::{Error, Result};
use ndarray::{Array2, Array3, s};
use proptest::prelude::*;

fn available() -> impl Iterator<Item = Method> {
    [Method::None].into_iter().chain(Method::ALL.iter().copied()).filter(|method| method.is_available())
}

impl ReadAt for Vec<u8> {
    fn read_exact_at(&self, dst: &mut [u8], offset: u64) -> Result<()> {
        let source = self.get(offset as usize..offset as usize + dst.len());
        dst.copy_from_slice(source.ok_or_else(|| Error::corrupt("beyond the end"))?);
        Ok(())
    }
}

fn encode(raw: &RawArray<'_>, compression: Compression) -> (BlockTable, Vec<u8>) {
    let mut stored = Vec::new();
    let mut write = |bytes: &[u8]| {
        stored.extend_from_slice(bytes);
        Ok(())
    };
    let (table, digest) = encode_blocks(raw.dtype(), &Payload::new(raw), &compression, &mut write).unwrap();
    assert_eq!(table.stored_len(), stored.len() as u64);
    let mut digester = crate::file::Digester::default();
    let visit = |chunk: &[u8]| -> Result<()> {
        digester.update(chunk);
        Ok(())
    };
    Payload::new(raw).for_each_chunk(visit).unwrap();
    assert_eq!(digester.finish(), digest);
    (table, stored)
}

fn through_bytes(table: &BlockTable) -> BlockTable {
    let mut bytes = Vec::new();
    table.encode(&mut bytes);
    let read = BlockTable::decode(&bytes, table.raw_len()).unwrap();
    assert_eq!(&read, table);
    read
}

fn round_trip(raw: &RawArray<'_>, compression: Compression) -> usize {
    let (table, stored) = encode(raw, compression);
    let mut back = vec![0xaa; raw.nbytes()];
    decode_blocks(&through_bytes(&table), raw.dtype(), &stored, &mut back).unwrap();
    let mut expected = Vec::new();
    let visit = |chunk: &[u8]| -> Result<()> {
        expected.extend_from_slice(chunk);
        Ok(())
    };
    Payload::new(raw).for_each_chunk(visit).unwrap();
    assert!(back == expected, "{compression:?}, {} bytes", raw.nbytes());
    stored.len()
}

fn smooth(len: usize) -> Vec<f64> {
    (0..len).map(|i| (i as f64 / 500.0).sin()).collect()
}

#[test]
fn every_method_and_level_comes_back() {
    let values = smooth(30_000);
    let slice = &values[..];
    let raw = array::as_slice(&slice).unwrap();
    for method in available() {
        for level in method.levels().filter(|level| *level <= 9) {
            let compression = Compression::new(method).level(level);
            let stored = round_trip(&raw, compression);
            assert!(stored < raw.nbytes(), "{method} {level}: {stored}");
        }
    }
    assert_eq!(round_trip(&raw, Compression::default()), raw.nbytes());
}

#[test]
fn every_dtype_comes_back() {
    fn check<T: array::Element>(values: Vec<T>) {
        let slice = &values[..];
        let raw = array::as_slice(&slice).unwrap();
        for method in available() {
            for shuffle in [Shuffle::Auto, Shuffle::Off] {
                round_trip(&raw, Compression::new(method).shuffle(shuffle));
            }
        }
    }
    use joblib_core::array::Element as _;
    let n = 0..5_000u32;
    check(n.clone().map(|i| i % 3 == 0).collect());
    check(n.clone().map(|i| i as i8).collect());
    check(n.clone().map(|i| i as u8).collect());
    check(n.clone().map(|i| i as i16).collect());
    check(n.clone().map(|i| (i / 7) as u16).collect());
    check(n.clone().map(|i| i as i32 - 35_000).collect());
    check(n.clone().map(|i| i * 17).collect());
    check(n.clone().map(|i| i64::from(i) << 20).collect());
    check(n.clone().map(u64::from).collect());
    check(n.clone().map(|i| i128::from(i) << 90).collect());
    check(n.clone().map(u128::from).collect());
    check(n.clone().map(|i| half::f16::from_f32(i as f32)).collect());
    check(n.clone().map(|i| half::bf16::from_f32(i as f32)).collect());
    check(n.clone().map(|i| (i as f32).sqrt()).collect());
    check(n.clone().map(f64::from).collect());
    check(n.clone().map(|i| num_complex::Complex::new(i as f32, 1.0)).collect());
    check(n.clone().map(|i| num_complex::Complex::new(f64::from(i), -f64::from(i))).collect());
    assert_eq!(half::f16::DTYPE, DType::F16);
}

#[test]
fn lengths_about_blocks_and_batches_come_back() {
    let values: Vec<u8> = (0..9 * BLOCK + 5).map(|i| (i / 3) as u8).collect();
    for method in available() {
        for len in [0, 1, 2, BLOCK, BLOCK + 1] {
            round_trip(&array::as_slice(&&values[..len]).unwrap(), Compression::new(method));
        }
    }
    let preferred = true.into_compression().unwrap_or_default();
    for len in [8 * BLOCK - 1, 8 * BLOCK, 8 * BLOCK + 1, values.len()] {
        round_trip(&array::as_slice(&&values[..len]).unwrap(), preferred);
    }
}

#[test]
fn gathered_arrays_come_back() {
    let base = Array3::from_shape_fn((70, 80, 90), |(i, j, k)| (i * j + k) as f64);
    for view in [base.slice(s![..;2, .., ..;-1]), base.slice(s![.., 3..60, ..]), base.view().reversed_axes()]
    {
        round_trip(&array::as_array(&view).unwrap(), true.into_compression().unwrap());
    }
    let fortran = Array2::<f32>::from_shape_fn((300, 400), |(i, j)| (i + j) as f32).reversed_axes();
    round_trip(&array::as_array(&fortran).unwrap(), true.into_compression().unwrap());
}

#[test]
fn noise_is_stored_and_smooth_data_is_shuffled() {
    let mut state = 1u64;
    let noise: Vec<u64> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state ^ state >> 33
    })
    .take(30_000)
    .collect();
    let smooth = smooth(30_000);
    for method in available().filter(|method| *method != Method::None) {
        let slice = &noise[..];
        let noise = array::as_slice(&slice).unwrap();
        assert!(round_trip(&noise, Compression::new(method)) <= noise.nbytes(), "{method}");
        let slice = &smooth[..];
        let raw = array::as_slice(&slice).unwrap();
        let plain = round_trip(&raw, Compression::new(method).shuffle(Shuffle::Off));
        let auto = round_trip(&raw, Compression::new(method));
        assert!(auto <= plain, "{method}: {auto} against {plain}");
        if method != Method::Pco {
            assert!(auto < raw.nbytes() * 9 / 10, "{method}: {auto}");
        }
    }
}

/// Much smaller with a filter, but next to nothing without: a fast method saves the time.
#[test]
#[cfg(feature = "zstd")]
fn fast_methods_leave_alone_what_is_tiny_anyway() {
    let steps: Vec<f64> = (0..200_000).map(|i| f64::from(i / 1000)).collect();
    let slice = &steps[..];
    let raw = array::as_slice(&slice).unwrap();
    let shuffled = |level| {
        let (table, _) = encode(&raw, ("zstd", level).into_compression().unwrap());
        table.blocks.iter().any(|block| matches!(block.form, super::table::Form::Shuffled { .. }))
    };
    assert!(!shuffled(1));
    assert!(shuffled(3));
    let smooth = smooth(200_000);
    let slice = &smooth[..];
    let raw = array::as_slice(&slice).unwrap();
    assert!(encode(&raw, ("zstd", 1).into_compression().unwrap()).1.len() < raw.nbytes() / 2);
}

#[test]
fn every_damaged_byte_is_noticed() {
    let values = smooth(40_000);
    let slice = &values[..];
    let raw = array::as_slice(&slice).unwrap();
    for method in available() {
        let (table, stored) = encode(&raw, Compression::new(method));
        let mut back = vec![0; raw.nbytes()];
        for position in (0..stored.len()).step_by(stored.len() / 50 + 1) {
            let mut damaged = stored.clone();
            damaged[position] ^= 1;
            let error = decode_blocks(&table, raw.dtype(), &damaged, &mut back).unwrap_err();
            assert!(error.is_corrupt(), "{method} {position}: {error}");
        }
        let cut = stored[..stored.len() - 1].to_vec();
        assert!(decode_blocks(&table, raw.dtype(), &cut, &mut back).is_err());
    }
}

/// Behind a checksum that fits, as a malicious writer would make it.
#[test]
fn hostile_blocks_are_errors() {
    let values = smooth(20_000);
    let slice = &values[..];
    let raw = array::as_slice(&slice).unwrap();
    for method in available().filter(|method| *method != Method::None) {
        let (table, stored) = encode(&raw, Compression::new(method).shuffle(Shuffle::Off));
        let codec = crate::compress::registry::codec(method).unwrap();
        let mut back = vec![0; raw.nbytes()];
        for position in (0..stored.len()).step_by(stored.len() / 100 + 1) {
            for bit in [0, 3, 7] {
                let mut damaged = stored.clone();
                damaged[position] ^= 1 << bit;
                // Either way is fine, as long as it returns.
                let _ = codec.decompress_block(&damaged, raw.dtype(), &mut back);
            }
            let _ = codec.decompress_block(&stored[..position], raw.dtype(), &mut back);
        }
        // A block that holds more or less than it says is refused.
        assert_eq!(table.blocks.len(), 1);
        let shorter = raw.nbytes() - 8;
        assert!(codec.decompress_block(&stored, raw.dtype(), &mut back[..shorter]).is_err(), "{method}");
        let mut longer = vec![0; raw.nbytes() + 8];
        assert!(codec.decompress_block(&stored, raw.dtype(), &mut longer).is_err(), "{method}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_bytes_come_back(
        values in proptest::collection::vec(any::<u8>(), 0..5000),
        repeat in 1usize..30,
        shuffle in proptest::sample::select(vec![Shuffle::Auto, Shuffle::On, Shuffle::Off]),
        method in proptest::sample::select(available().collect::<Vec<_>>()),
    ) {
        let bytes = values.repeat(repeat);
        let words: Vec<u32> = bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
        round_trip(&array::as_slice(&&bytes[..]).unwrap(), Compression::new(method).shuffle(shuffle));
        round_trip(&array::as_slice(&&words[..]).unwrap(), Compression::new(method).shuffle(shuffle));
    }

    #[test]
    fn any_table_is_an_error_or_consistent(bytes in proptest::collection::vec(any::<u8>(), 0..200), raw_len: u64) {
        if let Ok(table) = BlockTable::decode(&bytes, raw_len) {
            prop_assert_eq!(table.raw_len(), raw_len);
            prop_assert!(table.stored_len() <= raw_len);
        }
    }
}
