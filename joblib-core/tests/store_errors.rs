//! Full disks, missing permissions, read-only and unsafe places: typed errors, nothing half-stored, hits go
//! on.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod store_support;

use joblib_core::Key;
use joblib_core::store::{Layout, LocalOptions, LocalStore, Store};
use std::fs;
use std::io::ErrorKind;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use store_support::{MODES, meta, open, put_file, value, walk};

const CHILD: &str = "JOBLIB_ERRORS_CHILD";

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn open_in(dir: &Path, mode: Layout) -> LocalStore {
    LocalOptions::new().layout(mode).open(dir).unwrap()
}

/// Runs a function of this file in a process of its own, from a copy that every user can run.
fn in_child(task: &str, dir: &Path, adjust: impl FnOnce(&mut Command)) {
    let copied = tempfile::tempdir().unwrap();
    chmod(copied.path(), 0o755);
    let program = copied.path().join("child");
    let this = std::env::current_exe().unwrap();
    fs::hard_link(&this, &program).or_else(|_| fs::copy(&this, &program).map(drop)).unwrap();
    let mut command = Command::new(program);
    command.args(["child", "--exact", "--nocapture"]).env(CHILD, format!("{task}:{}", dir.display()));
    adjust(&mut command);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Not a test by itself: what a child process runs.
#[test]
fn child() {
    let Ok(task) = std::env::var(CHILD) else { return };
    let (task, dir) = task.split_once(':').unwrap();
    let dir = Path::new(dir);
    if task == "home" {
        let error = LocalStore::open("~/cache").unwrap_err();
        assert!(error.is_invalid() && error.path() == Some(Path::new("~/cache")), "{error}");
        return;
    }
    for mode in MODES {
        let dir = dir.join(format!("{mode:?}"));
        match task {
            "read-only" => read_only(&dir, mode),
            "descriptors" => without_descriptors(&dir, mode),
            _ => unreachable!(),
        }
    }
}

#[test]
fn new_directories_are_private() {
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("a/cache");
    let store = LocalStore::open(&cache).unwrap();
    open(&store, "f").put(Key::from_u128(1), &meta(1), b"value").unwrap();
    assert_eq!(fs::metadata(&cache).unwrap().permissions().mode() & 0o777, 0o700);
    for file in walk(&open(&store, "f").dir().unwrap()) {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o077, 0, "{}", file.display());
    }
}

#[test]
fn directories_open_to_everyone_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    chmod(dir.path(), 0o777);
    let error = LocalStore::open(dir.path()).unwrap_err();
    assert!(error.is_refused() && error.to_string().contains("writable by everyone"), "{error}");
    assert_eq!(error.path(), Some(dir.path()));
    LocalOptions::new().allow_shared(true).open(dir.path()).unwrap();
    // Like /tmp: nobody can replace what is ours in there.
    chmod(dir.path(), 0o1777);
    LocalStore::open(dir.path()).unwrap();
    chmod(&dir.path().join("joblib-v2"), 0o777);
    assert!(LocalStore::open(dir.path()).unwrap_err().is_refused());
}

#[test]
fn directories_of_others_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    if std::os::unix::fs::chown(dir.path(), Some(65_534), None).is_err() {
        eprintln!("skipped: only root can give a directory away");
        return;
    }
    let error = LocalStore::open(dir.path()).unwrap_err();
    assert!(error.is_refused() && error.to_string().contains("65534"), "{error}");
    LocalOptions::new().allow_shared(true).open(dir.path()).unwrap();
}

#[test]
fn a_file_in_the_way_is_an_error_with_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, b"").unwrap();
    let error = LocalStore::open(&path).unwrap_err();
    assert!(error.is_io() && error.to_string().contains("file"), "{error}");
}

#[test]
fn without_a_home_there_is_none() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can be a user that nobody knows");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(dir.path(), Some(54_321), None).unwrap();
    in_child("home", dir.path(), |command| {
        command.env_remove("HOME").current_dir(dir.path()).uid(54_321).gid(54_321);
    });
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn hits_go_on_where_nothing_may_be_written() {
    let dir = tempfile::tempdir().unwrap();
    for mode in MODES {
        let cache = dir.path().join(format!("{mode:?}"));
        let entries = open(&open_in(&cache, mode), "f");
        entries.put(Key::from_u128(1), &meta(1), b"value").unwrap();
        put_file(&*entries, 2, &[7; 100_000]);
    }
    chmod(dir.path(), 0o755);
    for path in std::iter::once(dir.path().to_owned()).chain(walk(dir.path())) {
        for path in path.ancestors().take_while(|path| path.starts_with(dir.path())) {
            chmod(path, if path.is_dir() { 0o555 } else { 0o444 });
        }
    }
    in_child("read-only", dir.path(), |command| {
        // Root may write anyway.
        if rustix::process::geteuid().is_root() {
            command.uid(65_534).gid(65_534);
        }
    });
    for path in walk(dir.path()) {
        path.ancestors()
            .skip(1)
            .take_while(|path| path.starts_with(dir.path()))
            .for_each(|path| chmod(path, 0o755));
    }
}

fn read_only(dir: &Path, mode: Layout) {
    // Of root's or of our own making.
    let store = LocalOptions::new().layout(mode).allow_shared(true).open(dir).unwrap();
    let entries = open(&store, "f");
    for _ in 0..2 {
        assert_eq!(value(&*entries, 1).as_deref(), Some(&b"value"[..]));
        assert_eq!(value(&*entries, 2).map(|value| value.len()), Some(100_000));
        assert_eq!(value(&*entries, 3), None);
        let error = entries.put(Key::from_u128(3), &meta(1), b"value").unwrap_err();
        assert_eq!(error.io_error().unwrap().kind(), ErrorKind::PermissionDenied, "{error}");
        assert!(entries.remove(Key::from_u128(1)).is_err());
        let error = open(&store, "new").put(Key::from_u128(3), &meta(1), b"value").unwrap_err();
        assert_eq!(error.io_error().unwrap().kind(), ErrorKind::PermissionDenied, "{error}");
    }
    assert_eq!(entries.stats().entries, 2);
    assert!(entries.metadata(Key::from_u128(2)).is_some());
}

#[test]
fn without_descriptors_nothing_is_half_stored() {
    let dir = tempfile::tempdir().unwrap();
    in_child("descriptors", dir.path(), |_| {});
}

fn without_descriptors(dir: &Path, mode: Layout) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let store = open_in(dir, mode);
    let entries = open(&store, "f");
    entries.put(Key::from_u128(1), &meta(1), b"value").unwrap();
    let limit = getrlimit(Resource::Nofile);
    // The next number to be given out is one too many.
    let next = fs::File::open("/").unwrap().as_raw_fd() as u64;
    setrlimit(Resource::Nofile, Rlimit { current: Some(next), maximum: limit.maximum }).unwrap();
    let small: Vec<_> =
        (0..2_000).map(|key| entries.put(Key::from_u128(100 + key), &meta(1), &[1; 100])).collect();
    let large =
        entries.put_file(Key::from_u128(2), &meta(1), &mut |_| unreachable!("there is no file to write"));
    let other = open(&store, "g").put(Key::from_u128(1), &meta(1), b"value");
    setrlimit(Resource::Nofile, limit).unwrap();
    assert!(small.iter().any(|stored| stored.is_err()) && large.is_err() && other.is_err());
    for (key, stored) in small.iter().enumerate() {
        let found = value(&*entries, 100 + key as u128);
        assert_eq!(found.is_some(), stored.is_ok(), "{key}: {stored:?}");
    }
    assert_eq!(value(&*entries, 2), None);
    assert_eq!(value(&*entries, 1).as_deref(), Some(&b"value"[..]));
    open(&store, "g").put(Key::from_u128(1), &meta(1), b"value").unwrap();
}

#[test]
fn a_full_disk_stores_nothing_and_loses_nothing() {
    for mode in MODES {
        let dir = tempfile::tempdir().unwrap();
        let Some(_mounted) = Mounted::tmpfs(dir.path(), "size=600k,mode=700") else { return };
        let store = open_in(dir.path(), mode);
        let entries = open(&store, "f");
        let mut stored = 0;
        let error = loop {
            match entries.put(Key::from_u128(stored), &meta(1), &[stored as u8; 1_000]) {
                Ok(()) => stored += 1,
                Err(error) => break error,
            }
            assert!(stored < 10_000, "the disk never fills");
        };
        assert_eq!(error.io_error().unwrap().kind(), ErrorKind::StorageFull, "{error}");
        let large = entries.put(Key::from_u128(1 << 70), &meta(1), &[1; 590_000]).unwrap_err();
        assert_eq!(large.io_error().unwrap().kind(), ErrorKind::StorageFull, "{large}");
        assert!(!entries.contains(Key::from_u128(1 << 70)));
        let check = |entries: &dyn joblib_core::store::FunctionStore| {
            for key in 0..stored {
                assert_eq!(value(entries, key), Some(vec![key as u8; 1_000]), "{mode:?} {key} of {stored}");
            }
        };
        check(&*entries);
        check(&*open(&open_in(dir.path(), mode), "f"));
        // Whoever makes room can store again.
        store.clear().unwrap();
        entries.put(Key::from_u128(1), &meta(1), b"value").unwrap();
        assert_eq!(value(&*entries, 1).as_deref(), Some(&b"value"[..]));
    }
}

#[test]
fn a_read_only_file_system_serves_hits() {
    for mode in MODES {
        let dir = tempfile::tempdir().unwrap();
        let Some(mounted) = Mounted::tmpfs(dir.path(), "size=4m,mode=700") else { return };
        open(&open_in(dir.path(), mode), "f").put(Key::from_u128(1), &meta(1), b"value").unwrap();
        mounted.read_only();
        let store = open_in(dir.path(), mode);
        let entries = open(&store, "f");
        assert_eq!(value(&*entries, 1).as_deref(), Some(&b"value"[..]));
        let error = entries.put(Key::from_u128(2), &meta(1), b"value").unwrap_err();
        assert_eq!(error.io_error().unwrap().kind(), ErrorKind::ReadOnlyFilesystem, "{error}");
        assert!(LocalStore::open(dir.path().join("new")).unwrap_err().is_io());
        assert!(store.clear().is_err());
    }
}

/// A file system of its own, for as long as this lives.
struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    /// `None`, with a note, where that takes more rights than there are.
    fn tmpfs(dir: &'a Path, options: &str) -> Option<Self> {
        let output =
            Command::new("mount").args(["-t", "tmpfs", "-o", options, "joblib-test"]).arg(dir).output();
        if !output.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: a file system cannot be mounted here");
            return None;
        }
        Some(Self(dir))
    }

    fn read_only(&self) {
        let status = Command::new("mount").args(["-o", "remount,ro"]).arg(self.0).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        // Lazily: mappings may still be there.
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}
