//! Processes that share a store are killed at random moments, with `kill -9`.
//!
//! `JOBLIB_TORTURE_SECONDS` makes these tests last longer. That they can fail was seen by publishing slots
//! before their records are copied: ten damaged entries after 203 kills in 20 seconds.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod store_support;

use joblib_core::Key;
use joblib_core::store::{FunctionStore, Layout, Limits, LocalOptions, LocalStore, Store};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store_support::{Random, function, meta, open, value, walk};

const CHILD: &str = "JOBLIB_TORTURE_CHILD";
const SECONDS: &str = "JOBLIB_TORTURE_SECONDS";
const WRITERS: u64 = 4;

/// What the children of one test do.
#[derive(Clone, Copy)]
struct Plan {
    mode: Layout,
    keys: u64,
    /// Bytes the function may hold; nothing may be lost where there is no limit.
    limit: Option<u64>,
}

const PLANS: [Plan; 3] = [
    Plan { mode: Layout::Packed, keys: 1 << 40, limit: None },
    Plan { mode: Layout::Packed, keys: 3_000, limit: Some(400_000) },
    Plan { mode: Layout::Files, keys: 2_000, limit: None },
];

#[test]
fn nothing_stored_is_lost() {
    torture(0);
}

#[test]
fn eviction_and_compaction_leave_no_wrong_value() {
    torture(1);
}

#[test]
fn plain_files_lose_nothing() {
    torture(2);
}

/// Not a test by itself: what a child process runs.
#[test]
fn child() {
    let Ok(plan) = std::env::var(CHILD) else { return };
    let (plan, dir) = plan.split_once(':').unwrap();
    match plan {
        "claim" => claim_until_killed(Path::new(dir)),
        plan => write_until_killed(PLANS[plan.parse::<usize>().unwrap()], Path::new(dir)),
    }
}

fn spawn(task: &str, dir: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["child", "--exact", "--nocapture"]);
    command.env(CHILD, format!("{task}:{}", dir.display()));
    command.stdout(Stdio::null()).spawn().unwrap()
}

#[test]
fn a_claim_ends_with_its_process() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = spawn("claim", dir.path());
    while !dir.path().join("claimed").exists() {
        assert!(child.try_wait().unwrap().is_none(), "the child ended by itself");
        std::thread::sleep(Duration::from_millis(1));
    }
    for mode in [Layout::Packed, Layout::Files] {
        let store = LocalOptions::new().layout(mode).open(dir.path().join(format!("{mode:?}"))).unwrap();
        let entries = open(&store, "f");
        assert!(entries.claim(Key::from_u128(1), Duration::from_millis(2)).is_none(), "{mode:?}");
        assert!(entries.claim(Key::from_u128(2), Duration::ZERO).is_some(), "{mode:?}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for mode in [Layout::Packed, Layout::Files] {
        let store = LocalOptions::new().layout(mode).open(dir.path().join(format!("{mode:?}"))).unwrap();
        assert!(open(&store, "f").claim(Key::from_u128(1), Duration::ZERO).is_some(), "{mode:?}");
    }
}

fn claim_until_killed(dir: &Path) {
    let stores = [Layout::Packed, Layout::Files]
        .map(|mode| LocalOptions::new().layout(mode).open(dir.join(format!("{mode:?}"))).unwrap());
    let entries = stores.each_ref().map(|store| open(store, "f"));
    let _claims = entries.each_ref().map(|entries| entries.claim(Key::from_u128(1), Duration::ZERO).unwrap());
    File::create(dir.join("claimed")).unwrap();
    std::thread::sleep(Duration::from_secs(600));
}

fn torture(plan_number: usize) {
    let plan = PLANS[plan_number];
    let dir = tempfile::tempdir().unwrap();
    let (cache, logs) = (dir.path().join("cache"), dir.path().join("logs"));
    fs::create_dir(&logs).unwrap();
    let seconds = std::env::var(SECONDS).map_or(3.0, |seconds| seconds.parse().unwrap());
    let kills = kill_at_random(plan_number, dir.path(), Duration::from_secs_f64(seconds));

    let store = LocalOptions::new().layout(plan.mode).open(&cache).unwrap();
    let entries = open(&store, "f");
    let stored = logged_keys(&logs);
    let mut found = 0;
    for &key in &stored {
        match value(&*entries, spread(key)) {
            Some(value) => {
                assert!(value == expected(key), "wrong value of {key}");
                found += 1;
            }
            None => assert!(plan.limit.is_some(), "{key} was stored and is lost, after {kills} kills"),
        }
    }
    assert!(found > 0 && kills > 3, "{found} found, {kills} kills");
    // Listing leaves out what is damaged: nothing that was published may be.
    let published = entries.stats().entries;
    let listed = entries.entries().unwrap();
    assert_eq!(listed.len() as u64, published, "damaged entries, after {kills} kills");
    assert!(listed.len() >= found);
    eprintln!(
        "{kills} kills, {} keys stored, {found} found and right, {} listed",
        stored.len(),
        listed.len()
    );
    if let Some(limit) = plan.limit {
        check_limit(&store, limit);
    }
    // Two writers stored one large value at once, and one of them was killed before it saw that it came
    // second.
    entries.reduce_size(&Limits::NONE).unwrap();
    check_leftovers(&cache, &*entries);
}

/// Starts writers and kills them one after the other; gives the number of kills.
fn kill_at_random(plan: usize, dir: &Path, time: Duration) -> u64 {
    let spawn = || spawn(&plan.to_string(), dir);
    let mut random = Random(0x5eed + plan as u64);
    let mut children: Vec<Child> = (0..WRITERS).map(|_| spawn()).collect();
    let (start, mut kills) = (Instant::now(), 0);
    while start.elapsed() < time {
        std::thread::sleep(Duration::from_micros(2_000 + random.next() % 40_000));
        let child = &mut children[(random.next() % WRITERS) as usize];
        assert!(child.try_wait().unwrap().is_none(), "a writer ended by itself");
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        *child = spawn();
    }
    for child in &mut children {
        assert!(child.try_wait().unwrap().is_none(), "a writer ended by itself");
        child.kill().unwrap();
        child.wait().unwrap();
    }
    kills
}

fn write_until_killed(plan: Plan, dir: &Path) {
    let store = LocalOptions::new().layout(plan.mode).open(dir.join("cache")).unwrap();
    let limits = plan.limit.map_or(Limits::NONE, |bytes| Limits::NONE.with_bytes(bytes).unwrap());
    let entries: Arc<dyn FunctionStore> = store.open(&function("f"), &limits).unwrap();
    let mut log = File::create(dir.join("logs").join(std::process::id().to_string())).unwrap();
    let mut random = Random(std::process::id().into());
    // Never outlives its parent by much, should that be killed.
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(600) {
        let key = random.next() % plan.keys;
        let expected = expected(key);
        match value(&*entries, spread(key)) {
            Some(value) => assert!(value == expected, "wrong value of {key}"),
            None => {
                if key.is_multiple_of(64) {
                    let write = &mut |mut file: &File| {
                        file.write_all(&expected).unwrap();
                        Ok(expected.len() as u64)
                    };
                    entries.put_file(Key::from_u128(spread(key)), &meta(1), write).unwrap();
                } else {
                    entries.put(Key::from_u128(spread(key)), &meta(1), &expected).unwrap();
                }
                log.write_all(&key.to_le_bytes()).unwrap();
            }
        }
    }
}

/// Keys whose storing was reported; a report cut short is none.
fn logged_keys(logs: &Path) -> HashSet<u64> {
    let mut keys = HashSet::new();
    for log in walk(logs) {
        let mut bytes = Vec::new();
        File::open(log).unwrap().read_to_end(&mut bytes).unwrap();
        keys.extend(bytes.as_chunks::<8>().0.iter().map(|key| u64::from_le_bytes(*key)));
    }
    keys
}

/// One more insertion holds to the limit again, whatever the killed ones left.
fn check_limit(store: &LocalStore, limit: u64) {
    let entries = store.open(&function("f"), &Limits::NONE.with_bytes(limit).unwrap()).unwrap();
    entries.reduce_size(&Limits::NONE.with_bytes(limit).unwrap()).unwrap();
    entries.put(Key::from_u128(u128::MAX), &meta(1), b"value").unwrap();
    assert!(entries.stats().bytes <= limit);
    assert!(entries.remove(Key::from_u128(u128::MAX)).unwrap());
    let segments = walk(&entries.dir().unwrap()).into_iter().filter(|path| name(path).starts_with("seg-"));
    let size: u64 = segments.map(|path| fs::metadata(path).unwrap().len()).sum();
    assert!(size < 8 * limit, "{size} bytes of segments for {limit} bytes of entries");
}

/// Nothing remains of the killed but what entries refer to.
fn check_leftovers(cache: &Path, entries: &dyn FunctionStore) {
    let dir = entries.dir().unwrap();
    let files = walk(cache);
    let hidden: Vec<_> =
        files.iter().filter(|path| path.components().any(|part| part.as_os_str() == ".tmp")).collect();
    assert!(hidden.is_empty(), "{hidden:?}");
    let indexes = files.iter().filter(|path| name(path).starts_with("index.")).count();
    assert!(indexes <= 1, "{indexes} indexes");
    let large = entries.entries().unwrap().iter().filter(|entry| entry.size > 16 << 10).count();
    let files = walk(&dir).iter().filter(|path| path.starts_with(dir.join("big"))).count();
    assert!(files <= large, "{files} files for {large} entries");
}

fn name(path: &PathBuf) -> String {
    Path::new(path).file_name().unwrap().to_string_lossy().into_owned()
}

fn spread(key: u64) -> u128 {
    u128::from(Random(key).next()) << 64 | u128::from(key)
}

/// 16 to 1 500 bytes; one key in 64 has 20 000.
fn expected(key: u64) -> Vec<u8> {
    let mut random = Random(key ^ 0xABCD);
    let len = if key.is_multiple_of(64) { 20_000 } else { 16 + (random.next() % 1_484) as usize };
    let mut value = Vec::with_capacity(len + 8);
    while value.len() < len {
        value.extend_from_slice(&random.next().to_le_bytes());
    }
    value.truncate(len);
    value
}
