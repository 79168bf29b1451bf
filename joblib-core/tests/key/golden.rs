//! Keys are stored on disk, so they change with the version of their format only: `tests/golden/keys.txt`
//! holds those of the present one, and some are computed here from bytes written out after
//! `docs/key-format.md`.

use crate::values::table;
use joblib_core::{Key, KeyHasher, hash};
use serde::Serialize;
use std::fmt::Write;
use xxhash_rust::xxh3::xxh3_128;

const GOLDEN: &str = include_str!("../golden/keys.txt");

#[test]
fn keys_are_those_of_this_version_of_the_format() {
    let mut now = String::new();
    for (name, key) in table() {
        writeln!(now, "{key} {}", name.escape_default()).unwrap();
    }
    let pinned: Vec<&str> = GOLDEN.lines().filter(|line| !line.starts_with('#')).collect();
    let lines: Vec<&str> = now.lines().collect();
    assert!(pinned == lines, "keys have changed; they are now\n{now}");
}

/// The key of these bytes.
fn of_bytes(parts: &[&[u8]]) -> Key {
    Key::from_u128(xxh3_128(&parts.concat()))
}

fn len(value: u64) -> [u8; 8] {
    value.to_le_bytes()
}

#[test]
fn arguments_stand_one_after_the_other() {
    let mut hasher = KeyHasher::new();
    hasher.arg(&258u16).arg("hi").arg(&Some(-1.0f32));
    let expected = of_bytes(&[&[2], &[0x07, 2, 1], &[0x10], &len(2), b"hi", &[0x13, 0x0b, 0, 0, 0x80, 0xbf]]);
    assert_eq!(hasher.finish().unwrap(), expected);
    hasher.arg(&258u16).arg("hi").arg(&Some(-1.0f32));
    assert_eq!(hasher.finish().unwrap(), expected, "it begins anew");
    assert_eq!(KeyHasher::new().finish().unwrap(), of_bytes(&[&[2]]));
    let salted = of_bytes(&[&[2, 0x80], &7u128.to_le_bytes()]);
    assert_eq!(KeyHasher::with_salt(7).finish().unwrap(), salted);
}

#[test]
fn structs_and_variants_carry_their_names() {
    #[derive(Serialize)]
    struct Run {
        id: u8,
        mode: Mode,
    }
    #[derive(Serialize)]
    enum Mode {
        #[expect(dead_code)]
        Slow,
        Fast(bool),
    }
    let mode = [&[0x18, 1, 0, 0, 0, 5][..], b"Mode", &[5], b"Fast", &[0x0e]].concat();
    let expected = of_bytes(&[&[2, 0x1d, 4], b"Run", &[3], b"id", &[0x06, 9], &[5], b"mode", &mode, &[0]]);
    assert_eq!(hash(&Run { id: 9, mode: Mode::Fast(true) }).unwrap(), expected);
}

#[test]
fn hash_maps_are_sums_of_their_entries() {
    let entry = |key: u8, value: u8| xxh3_128(&[0x06, key, 0x0c + value]);
    let sum = entry(1, 1).wrapping_add(entry(2, 2));
    let expected = of_bytes(&[&[2, 0x22], &len(2), &sum.to_le_bytes()]);
    assert_eq!(hash(&std::collections::HashMap::from([(2u8, true), (1, false)])).unwrap(), expected);
}

#[test]
fn other_maps_are_their_entries_in_order() {
    let expected = of_bytes(&[&[2, 0x1f, 0x06, 1, 0x0d, 0x06, 2, 0x0e, 0]]);
    assert_eq!(hash(&std::collections::BTreeMap::from([(2u8, true), (1, false)])).unwrap(), expected);
}

#[test]
fn what_serde_leaves_out_comes_first() {
    let address = std::net::SocketAddrV6::new(std::net::Ipv6Addr::LOCALHOST, 80, 7, 3);
    let ip = [[6u8, 0]; 15].concat();
    let expected =
        of_bytes(&[&[2, 0x24, 7, 0, 0, 0, 3, 0, 0, 0, 0x1a, 0x1a], &ip, &[6, 1, 0, 0x07, 80, 0, 0]]);
    assert_eq!(hash(&address).unwrap(), expected);
    let mut range = 4u8..=4;
    range.next();
    let fields =
        [&[0x1d, 15][..], b"RangeInclusive", &[6], b"start", &[6, 4, 4], b"end", &[6, 4, 0]].concat();
    assert_eq!(hash(&range).unwrap(), of_bytes(&[&[2, 0x23], &fields]));
    assert_eq!(hash(&(4u8..=4)).unwrap(), of_bytes(&[&[2], &fields]));
}

#[test]
fn arrays_are_dtype_shape_and_bytes() {
    let small = ndarray::array![[1i16, -2]];
    let expected = of_bytes(&[&[2, 0x21, 4, 2], &len(1), &len(2), &[1, 0, 0xfe, 0xff]]);
    assert_eq!(hash(&small).unwrap(), expected);

    let large: Vec<u8> = (0..(1 << 20) + 5).map(|i: u32| (i % 241) as u8).collect();
    let (first, last) = large.split_at(1 << 20);
    let leaves = [xxh3_128(first).to_le_bytes(), xxh3_128(last).to_le_bytes()].concat();
    let expected = of_bytes(&[&[2, 0x21, 3, 1], &len(large.len() as u64), &leaves]);
    assert_eq!(hash(&large).unwrap(), expected);
}
