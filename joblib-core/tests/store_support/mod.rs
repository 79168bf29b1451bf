//! What the tests of the store share.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use joblib_core::Key;
use joblib_core::store::{
    EntryMeta, FunctionId, FunctionStore, Layout, Limits, LocalOptions, LocalStore, Record, Store,
};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

pub(crate) const MODES: [Layout; 2] = [Layout::Packed, Layout::Files];

/// Runs the test once for each mode, on a fresh store.
pub(crate) fn each_mode(test: impl Fn(&LocalStore)) {
    for mode in MODES {
        let dir = tempfile::tempdir().unwrap();
        test(&LocalOptions::new().layout(mode).open(dir.path()).unwrap());
    }
}

/// A fresh directory in memory where there is such a place: these tests are about files, not about disks.
pub(crate) fn fresh_dir() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

pub(crate) fn function(name: &str) -> FunctionId {
    FunctionId::new(["krate", "Grid<T>", name], 0xf00d)
}

pub(crate) fn meta(nanos: u64) -> EntryMeta {
    EntryMeta::new(Duration::from_nanos(nanos))
}

pub(crate) fn open(store: &LocalStore, name: &str) -> Arc<dyn FunctionStore> {
    store.open(&function(name), &Limits::NONE).unwrap()
}

/// The key's value, wherever it lies.
pub(crate) fn value(entries: &dyn FunctionStore, key: u128) -> Option<Vec<u8>> {
    let mut value = Vec::new();
    let found = entries.get(Key::from_u128(key), &mut |record| {
        value.clear();
        match record {
            Record::Bytes(bytes) => value.extend_from_slice(bytes),
            Record::File { mut file, path } => {
                file.read_to_end(&mut value).unwrap();
                // Another thread may have replaced it by now; the open file stays whole.
                assert!(
                    std::fs::metadata(path).is_ok_and(|data| data.len() == value.len() as u64)
                        || !path.exists()
                );
            }
            _ => unreachable!("a local store has files"),
        }
        Ok(())
    });
    found.unwrap().then_some(value)
}

pub(crate) fn put_file(entries: &dyn FunctionStore, key: u128, value: &[u8]) {
    let write = &mut |mut file: &std::fs::File| {
        file.write_all(value).unwrap();
        Ok(value.len() as u64)
    };
    entries.put_file(Key::from_u128(key), &meta(1), write).unwrap();
}

/// All files below a directory; none where there is no directory.
pub(crate) fn walk(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(walk(&path));
        } else {
            files.push(path);
        }
    }
    files
}

/// SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

/// Another process: this program, of which only the test `child` runs, with this variable set. It is told
/// lines, and answers in lines.
pub(crate) struct Other {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Other {
    pub(crate) fn spawn(variable: &str, value: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["child", "--exact", "--nocapture"]).env(variable, value);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output }
    }

    pub(crate) fn ask(&mut self, what: &str) -> String {
        self.tell(what);
        self.answer()
    }

    /// As [`ask`](Self::ask), without waiting for the answer.
    pub(crate) fn tell(&mut self, what: &str) {
        writeln!(self.input, "{what}").unwrap();
    }

    pub(crate) fn answer(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the other process ended");
            if let Some(answer) = line.trim_end_matches('\n').split("answer ").nth(1) {
                return answer.to_owned();
            }
        }
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
