//! Keys are the same in another process, with another random state behind its hash maps.

use crate::values::table;
use joblib_core::{Key, KeyHasher};
use std::collections::{HashMap, HashSet};
use std::process::Command;

const CHILD: &str = "JOBLIB_TEST_PRINT_KEYS";

fn keys() -> String {
    let all = table().into_iter().map(|(_, key)| key.to_string());
    let map: HashMap<u32, HashSet<String>> =
        (0..50).map(|i| (i, (0..i).map(|j| j.to_string()).collect())).collect();
    let mut hasher = KeyHasher::new();
    hasher.arg(&map).arg("text");
    all.chain([hasher.finish().unwrap().to_string()]).collect::<Vec<_>>().join(" ")
}

#[test]
fn another_process_computes_the_same_keys() {
    if std::env::var_os(CHILD).is_some() {
        println!("keys: {}", keys());
        return;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["process::another_process_computes_the_same_keys", "--exact", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find_map(|line| line.split_once("keys: ")).map(|(_, keys)| keys);
    assert_eq!(line, Some(keys().as_str()));
}

#[test]
fn keys_are_read_back_from_text() {
    for (_, key) in table() {
        assert_eq!(key.to_string().parse::<Key>().unwrap(), key);
    }
    assert!("xyz".parse::<Key>().unwrap_err().is_invalid());
    assert!("+0000000000000000000000000000000".parse::<Key>().is_err());
}
