//! The bytes on disk, pinned: what this version writes, later ones must read.
#![cfg(all(target_os = "linux", target_endian = "little"))]
#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod store_support;

use joblib_core::Key;
use joblib_core::store::{EntryMeta, Layout, LocalOptions, Store};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use store_support::{function, open, put_file, value, walk};
use xxhash_rust::xxh3::xxh3_64;

const KEY: u128 = 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210;
const FUNCTION_DIR: &str = "joblib-v2/krate/Grid%3cT%3e~8ffd6d8629d61ea6/f/@0000000000000000000000000000f00d";
/// The record of `KEY` with the value "value", stored at 1 700 000 000.000 000 001 s, computed in 77 ns,
/// "x=1".
const RECORD: &str = concat!(
    "4a4c5231",                         // "JLR1"
    "05000080",                         // 5 bytes of value; argument text follows
    "f26d7c52b88dcbf5",                 // XXH3-64 of what follows, and the length word
    "1032547698badcfeefcdab8967452301", // key
    "01002a36fe9c9717",                 // time
    "4d00000000000000",                 // duration
    "76616c7565",                       // "value"
    "03000000",                         // length of the text
    "783d31",                           // "x=1"
);

fn meta() -> EntryMeta {
    let mut meta = EntryMeta::new(Duration::from_nanos(77));
    meta.time = SystemTime::UNIX_EPOCH + Duration::from_nanos(1_700_000_000_000_000_001);
    meta.args = Some("x=1".into());
    meta
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn file(files: &[PathBuf], prefix: &str) -> PathBuf {
    let named = |path: &&PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(prefix);
    files.iter().find(named).unwrap_or_else(|| panic!("no {prefix} in {files:?}")).clone()
}

#[test]
fn packed_entries() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalOptions::new().layout(Layout::Packed).open(dir.path()).unwrap();
    let entries = open(&store, "f");
    entries.put(Key::from_u128(KEY), &meta(), b"value").unwrap();
    assert_eq!(entries.dir().unwrap(), dir.path().join(FUNCTION_DIR));
    let files = walk(&entries.dir().unwrap());
    let segment = fs::read(file(&files, "seg-")).unwrap();
    assert_eq!(segment.len(), 16 << 10);
    assert_eq!(hex(&segment[..8]), hex(b"JLSEGM2\n"));
    assert_eq!(&segment[24..32], xxh3_64(&segment[..24]).to_le_bytes());
    let used = 64 + (RECORD.len() as u64 / 2).next_multiple_of(16);
    let count = used.wrapping_mul(0x9E37_79B1).wrapping_add(0x6A6F_626C_6962_2D31);
    assert_eq!(segment[32..40], count.to_le_bytes());
    assert_eq!(hex(&segment[64..64 + RECORD.len() / 2]), RECORD);
    let record = unhex(RECORD);
    let sum = xxh3_64(&record[16..]);
    let word = u32::from_le_bytes(record[4..8].try_into().unwrap());
    let sum = sum.wrapping_add(u64::from(word).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    assert_eq!(record[8..16], sum.to_le_bytes());
    let index = fs::read(file(&files, "index.1")).unwrap();
    assert_eq!(index.len(), 4096 + 128 * 32);
    assert_eq!(hex(&index[..8]), hex(b"JLINDEX2"));
    // One slot, whose place is segment 1, unit 4, of 4 units.
    let slot = index[4096..].chunks(32).find(|slot| slot[..8] != [0; 8]).unwrap();
    assert_eq!(hex(&slot[8..16]), "0400040000010000");
    let check = (5 ^ 0xFFFF_FFFF_FFFF_u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48 << 48;
    assert_eq!(slot[16..24], (5 | check).to_le_bytes());
}

#[test]
fn segments_written_by_the_book_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalOptions::new().layout(Layout::Packed).open(dir.path()).unwrap();
    let function_dir = dir.path().join(FUNCTION_DIR);
    fs::create_dir_all(&function_dir).unwrap();
    let mut segment = b"JLSEGM2\n".to_vec();
    segment.extend_from_slice(&0xfeed_u64.to_le_bytes());
    segment.extend_from_slice(&(1_u64 << 8 | 14).to_le_bytes());
    segment.extend_from_slice(&xxh3_64(&segment).to_le_bytes());
    segment.resize(64, 0);
    segment.extend_from_slice(&unhex(RECORD));
    segment.resize(16 << 10, 0);
    fs::write(function_dir.join("seg-000000000000feed-1"), segment).unwrap();
    let entries = open(&store, "f");
    assert_eq!(value(&*entries, KEY).as_deref(), Some(&b"value"[..]));
    assert_eq!(entries.metadata(Key::from_u128(KEY)), Some(meta()));
}

#[test]
fn plain_files() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalOptions::new().layout(Layout::Files).open(dir.path()).unwrap();
    let entries = open(&store, "f");
    entries.put(Key::from_u128(KEY), &meta(), b"value").unwrap();
    let path = dir.path().join(FUNCTION_DIR).join("entries/01/23456789abcdeffedcba9876543210");
    assert_eq!(hex(&fs::read(&path).unwrap()), RECORD);
    // Written by the book, too.
    fs::remove_file(&path).unwrap();
    assert_eq!(value(&*entries, KEY), None);
    fs::write(&path, unhex(RECORD)).unwrap();
    assert_eq!(value(&*entries, KEY).as_deref(), Some(&b"value"[..]));
}

#[test]
fn a_large_value_is_a_file_of_its_bytes_and_nothing_else() {
    for mode in store_support::MODES {
        let dir = tempfile::tempdir().unwrap();
        let store = LocalOptions::new().layout(mode).open(dir.path()).unwrap();
        let entries = open(&store, "f");
        put_file(&*entries, KEY, &[7; 100_000]);
        let folder = dir.path().join(FUNCTION_DIR).join("big/01");
        let path = file(&walk(&folder), "23456789abcdeffedcba9876543210.");
        assert_eq!(fs::read(path).unwrap(), [7; 100_000]);
    }
}

#[test]
fn the_record_of_a_function() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalOptions::new().layout(Layout::Packed).open(dir.path()).unwrap();
    open(&store, "f").put(Key::from_u128(1), &meta(), b"").unwrap();
    let record = fs::read(dir.path().join(FUNCTION_DIR).join("function")).unwrap();
    let expected = concat!(
        "4a4c46554e43320a",                 // "JLFUNC2\n"
        "0df00000000000000000000000000000", // fingerprint
        "03000000",                         // components
        "05000000",
        "6b72617465", // "krate"
        "07000000",
        "477269643c543e", // "Grid<T>"
        "01000000",
        "66",       // "f"
        "01000000", // toolchains
    );
    let (known, toolchain) = record[..record.len() - 8].split_at(expected.len() / 2);
    assert_eq!(hex(known), expected);
    let (len, text) = toolchain.split_first_chunk::<4>().unwrap();
    assert_eq!(u32::from_le_bytes(*len) as usize, text.len());
    assert!(text.starts_with(std::env::consts::ARCH.as_bytes()), "{}", String::from_utf8_lossy(text));
    assert_eq!(&record[record.len() - 8..], xxh3_64(&record[..record.len() - 8]).to_le_bytes());
    assert_eq!(store.functions().unwrap(), [function("f")]);
}
