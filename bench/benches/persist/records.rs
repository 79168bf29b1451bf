//! Ordinary values, alone and between arrays.

use crate::{noise, touch};
use joblib_bench::Comparison;
use joblib_persist::{dump, load};
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

#[derive(Clone, Serialize, Deserialize, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
struct Record {
    id: u64,
    name: String,
    tags: Vec<String>,
    score: Option<f64>,
    position: (f32, f32, f32),
    counts: BTreeMap<String, u32>,
}

#[derive(Serialize, Deserialize)]
struct Mixed {
    records: Vec<Record>,
    arrays: Vec<Array2<f64>>,
}

/// The same with arrays as rkyv knows them.
#[derive(rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
struct MixedVecs {
    records: Vec<Record>,
    arrays: Vec<Vec<f64>>,
}

fn records(count: usize) -> Vec<Record> {
    (0..count)
        .map(|i| Record {
            id: i as u64,
            name: format!("record {i}"),
            tags: (0..i % 4).map(|tag| format!("tag{tag}")).collect(),
            score: (i % 3 > 0).then_some(i as f64 / 7.0),
            position: (i as f32, 1.5, -2.0),
            counts: (0..i % 3).map(|key| (format!("key{key}"), key as u32)).collect(),
        })
        .collect()
}

pub fn run_mixed() {
    let mut next = noise();
    let arrays: Vec<_> = (0..10).map(|_| Array2::from_shape_simple_fn((1000, 1000), &mut next)).collect();
    let vecs = MixedVecs {
        records: records(1000),
        arrays: arrays.iter().map(|array| array.iter().copied().collect()).collect(),
    };
    let mixed = Mixed { records: records(1000), arrays };
    let bytes = 10 * 8_000_000;
    let folder = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| folder.path().join(name);
    let (ours, alone, rmp, post, archive) =
        (path("m.jl"), path("a.jl"), path("m.rmp"), path("m.pc"), path("m.rkyv"));
    Comparison::new("dump: 1,000 records and 10 arrays of 8 MB")
        .yardstick("joblib")
        .rounds(15)
        .round_time(Duration::ZERO)
        .bytes(bytes)
        .between_turns(|| touch(2 * bytes as usize))
        .time("joblib", || dump(&mixed, &ours).expect("dump"))
        .time("joblib, the arrays alone", || dump(&mixed.arrays, &alone).expect("dump"))
        .time("rmp-serde", || {
            fs::write(&rmp, rmp_serde::to_vec_named(&mixed).expect("encode")).expect("write")
        })
        .time("postcard", || fs::write(&post, postcard::to_stdvec(&mixed).expect("encode")).expect("write"))
        .time("rkyv", || {
            fs::write(&archive, rkyv::to_bytes::<rkyv::rancor::Error>(&vecs).expect("encode")).expect("write")
        })
        .run();
    Comparison::new("load: 1,000 records and 10 arrays of 8 MB")
        .yardstick("joblib")
        .rounds(15)
        .round_time(Duration::ZERO)
        .bytes(bytes)
        .between_turns(|| touch(2 * bytes as usize))
        .time("joblib", || load::<Mixed>(&ours).expect("load"))
        .time("joblib, the arrays alone", || load::<Vec<Array2<f64>>>(&alone).expect("load"))
        .time("rmp-serde", || rmp_serde::from_slice::<Mixed>(&fs::read(&rmp).expect("read")).expect("decode"))
        .time("postcard", || postcard::from_bytes::<Mixed>(&fs::read(&post).expect("read")).expect("decode"))
        .time("rkyv", || {
            rkyv::from_bytes::<MixedVecs, rkyv::rancor::Error>(&fs::read(&archive).expect("read"))
                .expect("decode")
        })
        .run();
}

pub fn run_plain() {
    let records = records(50_000);
    let folder = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| folder.path().join(name);
    let (ours, rmp, post) = (path("r.jl"), path("r.rmp"), path("r.pc"));
    Comparison::new("dump: 50,000 records, no arrays")
        .yardstick("rmp-serde")
        .time("joblib", || dump(&records, &ours).expect("dump"))
        .time("rmp-serde", || {
            fs::write(&rmp, rmp_serde::to_vec_named(&records).expect("encode")).expect("write")
        })
        .time("postcard", || fs::write(&post, postcard::to_stdvec(&records).expect("encode")).expect("write"))
        .run();
    Comparison::new("load: 50,000 records, no arrays")
        .yardstick("rmp-serde")
        .time("joblib", || load::<Vec<Record>>(&ours).expect("load"))
        .time("rmp-serde", || {
            rmp_serde::from_slice::<Vec<Record>>(&fs::read(&rmp).expect("read")).expect("decode")
        })
        .time("postcard", || {
            postcard::from_bytes::<Vec<Record>>(&fs::read(&post).expect("read")).expect("decode")
        })
        .run();
}
