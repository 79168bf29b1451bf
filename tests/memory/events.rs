//! What `tracing` hears.

use crate::heard::{count, heard};
use crate::support::memory;
use joblib::{Memory, cached};
use std::path::Path;

#[test]
fn a_miss_a_store_and_hits_are_events() {
    #[cached(memory = memory, ignore = ["memory"])]
    fn eventful(memory: &Memory, x: u8) -> u8 {
        x
    }
    let (_dir, memory) = memory();
    let lines = heard(|| {
        for _ in 0..3 {
            eventful(&memory, 1);
        }
    });
    assert_eq!(
        ["miss", "store", "hit"].map(|event| count(&lines, &format!("joblib: {event}"))),
        [1, 1, 2],
        "{lines:#?}"
    );
    assert_eq!(count(&lines, "WARN"), 0);
}

#[test]
fn a_place_that_cannot_be_used_is_said_once_per_function() {
    #[cached(memory = memory, ignore = ["memory"])]
    fn homeless(memory: &Memory, x: u8) -> u8 {
        x
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let memory = Memory::new(&file);
    let lines = heard(|| (0..5).for_each(|x| assert_eq!(homeless(&memory, x), x)));
    assert_eq!(count(&lines, "WARN"), 1, "{lines:#?}");
    assert_eq!(count(&lines, "homeless"), lines.len());
}

#[test]
fn a_value_that_cannot_be_stored_is_said_once_per_function() {
    #[derive(serde::Deserialize)]
    struct Unstorable(#[allow(dead_code, reason = "not read")] u8);
    impl serde::Serialize for Unstorable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("has no form"))
        }
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn unstorable(memory: &Memory, x: u8) -> Unstorable {
        Unstorable(x)
    }
    let (_dir, memory) = memory();
    let lines = heard(|| (0..5).for_each(|x| assert_eq!(unstorable(&memory, x).0, x)));
    assert_eq!(count(&lines, "WARN"), 1, "{lines:#?}");
    assert_eq!(count(&lines, "has no form"), 1, "{lines:#?}");
}

#[test]
fn a_damaged_entry_is_said_and_repaired() {
    #[cached(memory = memory, ignore = ["memory"])]
    fn numbers(memory: &Memory, n: u64) -> Vec<u64> {
        (0..n).collect()
    }
    let (dir, memory) = memory();
    numbers(&memory, 100_000);
    let copy = tempfile::tempdir().unwrap();
    damage(dir.path(), copy.path());
    let damaged = Memory::new(copy.path());
    let lines = heard(|| assert_eq!(numbers(&damaged, 100_000).len(), 100_000));
    assert_eq!(count(&lines, "computing it again"), 1, "{lines:#?}");
    let lines = heard(|| assert_eq!(numbers(&damaged, 100_000).len(), 100_000));
    assert_eq!((count(&lines, "WARN"), count(&lines, "joblib: hit")), (0, 1), "{lines:#?}");
}

/// Copies a directory; of the largest file only the first half.
fn damage(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let (from, to) = {
            let entry = entry.unwrap();
            (entry.path(), to.join(entry.file_name()))
        };
        if from.is_dir() {
            std::fs::create_dir(&to).unwrap();
            damage(&from, &to);
            continue;
        }
        std::fs::copy(&from, &to).unwrap();
        let length = from.metadata().unwrap().len();
        // The value's own file, not the index beside it.
        if (300_000..2_000_000).contains(&length) {
            std::fs::File::options().write(true).open(&to).unwrap().set_len(length / 2).unwrap();
        }
    }
}
