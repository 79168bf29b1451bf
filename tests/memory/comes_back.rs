//! In programs built for debugging: results that come back different from how they were stored.

use crate::heard::{count, heard};
use crate::support::{Runs, memory};
use joblib::{Memory, cached};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{HashMap, HashSet};

/// Written as it is, read as twice as much.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Growing {
    #[serde(deserialize_with = "doubled")]
    size: u64,
}

fn doubled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    u64::deserialize(deserializer).map(|size| 2 * size)
}

#[test]
fn a_result_that_comes_back_different_is_said_and_not_kept() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"], ignore_fields = ["Growing.size"])]
    fn growing(memory: &Memory, size: u64) -> Result<Growing, String> {
        RUNS.add();
        Ok(Growing { size })
    }
    let (_dir, memory) = memory();
    let lines = heard(|| {
        for size in [1, 1, 0, 0] {
            assert_eq!(growing(&memory, size), Ok(Growing { size }));
        }
    });
    if cfg!(debug_assertions) {
        assert_eq!(RUNS.take(), 3, "twice nothing is nothing");
        assert_eq!(count(&lines, "comes back different"), 1, "{lines:#?}");
    } else {
        assert_eq!(RUNS.take(), 2);
    }
}

#[test]
fn what_has_no_order_is_kept() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Loose {
        #[serde(flatten, skip_serializing_if = "HashMap::is_empty")]
        more: HashMap<String, HashSet<u8>>,
    }
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"], ignore_fields = ["Loose.more"])]
    fn loose(memory: &Memory, count: u8) -> Loose {
        RUNS.add();
        Loose { more: (0..count).map(|n| (format!("key {n}"), (0..n).collect())).collect() }
    }
    let (_dir, memory) = memory();
    for count in [0, 1, 2, 9] {
        assert_eq!(loose(&memory, count), loose(&memory, count));
    }
    assert_eq!(RUNS.take(), 4);
}
