//! A cache in a lower layer of an overlay, as in a container's image: its directories cannot be renamed, its
//! files are copied when they are written to. It serves hits, and can be added to, evicted from and cleared.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod store_support;

use joblib_core::Key;
use joblib_core::store::{FunctionStore, Layout, Limits, LocalOptions, LocalStore, Store};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;
use store_support::{MODES, meta, open, put_file, value, walk};

const CHILD: &str = "JOBLIB_OVERLAY_CHILD";
const KEYS: u128 = 30;

fn text(key: u128) -> Vec<u8> {
    format!("value {key} ").repeat(80).into_bytes()
}

fn opened(dir: &Path, mode: Layout) -> LocalStore {
    LocalOptions::new().layout(mode).open(dir).unwrap()
}

fn fill(entries: &dyn FunctionStore) {
    (0..KEYS).for_each(|key| entries.put(Key::from_u128(key), &meta(1), &text(key)).unwrap());
    put_file(entries, KEYS, &[7; 100_000]);
}

fn has_all(entries: &dyn FunctionStore) -> bool {
    (0..KEYS).all(|key| value(entries, key).is_some_and(|found| found == text(key)))
        && value(entries, KEYS).is_some_and(|found| found == [7; 100_000])
}

#[test]
fn a_cache_of_an_image_is_used_and_cleared() {
    let room = tempfile::tempdir().unwrap();
    for mode in MODES {
        let store = opened(&room.path().join(format!("lower/{mode:?}")), mode);
        ["f", "g", "h"].iter().for_each(|name| fill(&*open(&store, name)));
    }
    for folder in ["upper", "work", "merged"] {
        fs::create_dir(room.path().join(folder)).unwrap();
    }
    // In a namespace of its own: what it mounts goes with it.
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount"]).arg(std::env::current_exe().unwrap());
    command.args(["child", "--exact", "--nocapture"]).env(CHILD, room.path());
    let Ok(output) = command.output() else {
        eprintln!("skipped: there is no `unshare` here");
        return;
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && errors.starts_with("unshare:") {
        eprintln!("skipped: {errors}");
        return;
    }
    assert!(output.status.success(), "{errors}");
    eprint!("{errors}");
}

/// Not a test by itself: what runs in a namespace.
#[test]
fn child() {
    let Some(room) = std::env::var_os(CHILD) else { return };
    let room = Path::new(&room);
    let layer = |option: &str, name: &str| format!("{option}={}", room.join(name).display());
    let options = [
        layer("lowerdir", "lower"),
        layer("upperdir", "upper"),
        layer("workdir", "work"),
        "userxattr".into(),
    ]
    .join(",");
    let merged = room.join("merged");
    let mut mount = Command::new("mount");
    if !mount.args(["-t", "overlay", "-o", &options, "joblib-test"]).arg(&merged).status().unwrap().success()
    {
        eprintln!("skipped: an overlay cannot be mounted here");
        return;
    }
    for mode in MODES {
        let dir = merged.join(format!("{mode:?}"));
        let store = opened(&dir, mode);
        let [f, g, h] = ["f", "g", "h"].map(|name| open(&store, name));
        let function_dir = f.dir().unwrap();
        let renamed = fs::rename(&function_dir, dir.join("renamed"));
        assert!(renamed.is_err_and(|error| error.kind() == ErrorKind::CrossesDevices), "not as in an image");
        assert!(has_all(&*f) && has_all(&*g) && has_all(&*h), "{mode:?}");

        f.put(Key::from_u128(100), &meta(1), b"new").unwrap();
        assert!(open(&opened(&dir, mode), "f").contains(Key::from_u128(100)));
        h.reduce_size(&Limits::NONE.with_items(5)).unwrap();
        assert_eq!(open(&opened(&dir, mode), "h").stats().entries, 5, "{mode:?}");

        f.clear().unwrap();
        assert!(!function_dir.exists());
        assert!((0..=KEYS).chain([100]).all(|key| !f.contains(Key::from_u128(key))), "{mode:?}");
        fill(&*f);
        assert!(has_all(&*open(&opened(&dir, mode), "f")));
        // Now of the upper layer.
        f.clear().unwrap();
        store.clear().unwrap();
        assert!(store.functions().unwrap().is_empty() && !g.contains(Key::from_u128(1)));
        fill(&*g);
        assert!(has_all(&*open(&opened(&dir, mode), "g")));
        let hidden = |path: &Path| path.components().any(|part| part.as_os_str() == ".trash");
        assert!(!walk(&dir).iter().any(|path| hidden(path)), "{mode:?}");
    }
}
