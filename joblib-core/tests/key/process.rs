//! Keys are the same in another process, with another random state behind its hash maps.

use crate::values::table;
use joblib_core::{Key, KeyHasher, hash};
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
fn keys_are_values_too() {
    let key = Key::from_u128(0x0123_4567_89ab_cdef_0f1e_2d3c_4b5a_6978);
    let text = "\"0123456789abcdef0f1e2d3c4b5a6978\"";
    assert_eq!(serde_json::to_string(&key).unwrap(), text);
    assert_eq!(serde_json::from_str::<Key>(text).unwrap(), key);
    for bad in ["\"\"", "\"xyz\"", "7", "null", "\"0123456789abcdef0f1e2d3c4b5a697g\""] {
        assert!(serde_json::from_str::<Key>(bad).is_err(), "{bad}");
    }
    assert_eq!(hash(&key).unwrap(), hash(&key.to_u128()).unwrap());
}

/// An error is no value: two of them do not share a key.
#[test]
fn a_key_that_could_not_be_made_is_none() {
    let unhashable = hash(&std::time::UNIX_EPOCH.checked_sub(std::time::Duration::from_secs(1)).unwrap());
    let text = unhashable.as_ref().unwrap_err().to_string();
    let error = hash(&(1u8, &unhashable)).unwrap_err();
    assert!(error.is_unhashable() && error.to_string().contains(&text), "{error}");
    assert!(hash(&hash(&1u8)).is_ok());
}

#[test]
fn keys_are_read_back_from_text() {
    for (_, key) in table() {
        assert_eq!(key.to_string().parse::<Key>().unwrap(), key);
    }
    assert!("xyz".parse::<Key>().unwrap_err().is_invalid());
    assert!("+0000000000000000000000000000000".parse::<Key>().is_err());
}
