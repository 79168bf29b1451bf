//! Arrays that are to be mapped: where they are, and what is said where they are not.

use joblib::{Dump, Error, Loader, MappedArray, MmapMode, dump, dump_to, load};
use ndarray::{Array1, Array2, Ix1, Ix2};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::tempdir;

fn mapped<T: DeserializeOwned>(path: &Path, mode: MmapMode) -> Result<T, Error> {
    Loader::new().mmap_mode(mode).read(path)
}

#[test]
fn what_an_array_of_this_process_writes_to_is_read() {
    for single in [false, true] {
        let dir = tempdir().unwrap();
        let path = dir.path().join("a.jl");
        Dump::new().single_file(single).write(&Array2::<f64>::ones((100, 100)), &path).unwrap();
        let mut writer: MappedArray<f64, Ix2> = mapped(&path, MmapMode::ReadWrite).unwrap();
        writer.view_mut().unwrap()[[3, 4]] = 5.0;

        assert_eq!(load::<Array2<f64>>(&path).unwrap()[[3, 4]], 5.0);
        for mode in [MmapMode::Read, MmapMode::CopyOnWrite] {
            let mut reader: MappedArray<f64, Ix2> = mapped(&path, mode).unwrap();
            assert!(!reader.is_mapped() && reader.sum() == 10_004.0);
            writer.view_mut().unwrap()[[0, 0]] = 7.0;
            assert_eq!(reader[[0, 0]], 1.0, "memory of its own");
            reader.view_mut().unwrap()[[0, 0]] = 9.0;
            assert_eq!(writer[[0, 0]], 7.0);
            writer.view_mut().unwrap()[[0, 0]] = 1.0;
        }

        let refused = mapped::<MappedArray<f64, Ix2>>(&path, MmapMode::ReadWrite).unwrap_err();
        assert!(refused.is_refused() && refused.path().is_some(), "{refused:?}");
        assert!(refused.to_string().contains("is writing to these bytes"), "{refused}");
        drop(writer);
        let reader: MappedArray<f64, Ix2> = mapped(&path, MmapMode::Read).unwrap();
        assert!(reader.is_mapped() && reader[[3, 4]] == 5.0);
    }
}

#[test]
fn loads_and_writes_at_a_time() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    dump(&Array1::<u64>::zeros(100_000), &path).unwrap();
    let mut writer: MappedArray<u64, Ix1> = mapped(&path, MmapMode::ReadWrite).unwrap();
    let _ = writer.view_mut().unwrap();
    struct Done<'d>(&'d AtomicBool);
    impl Drop for Done<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Also where a load fails.
        let _done = Done(&done);
        scope.spawn(|| {
            for round in 0.. {
                writer.view_mut().unwrap().fill(round);
                if done.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        for mode in [MmapMode::Read, MmapMode::CopyOnWrite].repeat(10) {
            let reader: MappedArray<u64, Ix1> = mapped(&path, mode).unwrap();
            assert!(!reader.is_mapped());
            let before = reader.view().to_owned();
            std::thread::yield_now();
            assert_eq!(reader.view(), before);
        }
    });
}

#[derive(Serialize, Deserialize)]
struct Outer {
    #[serde(flatten)]
    inner: Inner,
    direct: MappedArray<f64, Ix1>,
}

#[derive(Serialize, Deserialize)]
struct Inner {
    buffered: MappedArray<f64, Ix1>,
}

fn outer(len: usize) -> Outer {
    let array = |value| MappedArray::from(Array1::from_elem(len, value));
    Outer { inner: Inner { buffered: array(1.0) }, direct: array(2.0) }
}

/// The warnings of this thread during `work`.
fn heard(work: impl FnOnce()) -> String {
    let lines = crate::heard::heard(work);
    lines.into_iter().filter(|line| line.contains("WARN")).map(|line| line + "\n").collect()
}

#[test]
fn an_array_that_is_read_instead_of_mapped_is_said_once() {
    type Arrays = Vec<MappedArray<f64, Ix1>>;
    let arrays = |len| vec![Array1::<f64>::ones(len), Array1::zeros(len)];
    for (name, dump, len, why) in [
        ("a.jl", Dump::new(), 1000, "stands in the main stream"),
        ("b.jl", Dump::new().single_file(true), 100, "stands in the main stream"),
        ("c.jl", Dump::new().compress("zlib"), 10_000, "is compressed"),
        ("d.jl", Dump::new().compress("zlib").single_file(false), 10_000, "is compressed"),
        ("e.jl.gz", Dump::new(), 10_000, "a stream cannot be mapped"),
    ] {
        let dir = tempdir().unwrap();
        let path = dir.path().join(name);
        dump.write(&arrays(len), &path).unwrap();
        for mode in [MmapMode::Read, MmapMode::CopyOnWrite] {
            let said = heard(|| {
                let read: Arrays = mapped(&path, mode).unwrap();
                assert!(read.iter().all(|array| !array.is_mapped()) && read[0].sum() == len as f64);
            });
            assert_eq!(said.lines().count(), 1, "{said}");
            assert!(said.contains("WARN joblib") && said.contains(why) && said.contains(name), "{said}");
        }
        let refused = mapped::<Arrays>(&path, MmapMode::ReadWrite).unwrap_err();
        assert!(refused.is_unsupported() && refused.path() == Some(&path), "{refused:?}");
        // Nothing is said of what need not be mapped.
        assert_eq!(heard(|| assert_eq!(load::<Arrays>(&path).unwrap()[1].sum(), 0.0)), "");
    }
    // Nor of what is, or has nothing in it.
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    Dump::new().side_file_bytes(0).write(&(arrays(10), Array1::<f64>::zeros(0)), &path).unwrap();
    for mode in [MmapMode::Read, MmapMode::CopyOnWrite, MmapMode::ReadWrite] {
        let said = heard(|| {
            let (arrays, empty): (Arrays, MappedArray<f64, Ix1>) = mapped(&path, mode).unwrap();
            assert!(arrays.iter().all(MappedArray::is_mapped) && empty.is_empty());
        });
        assert_eq!(said, "");
    }
}

#[test]
fn arrays_that_serde_buffers_are_said_or_refused() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    dump(&outer(10_000), &path).unwrap();
    let said = heard(|| {
        let read: Outer = mapped(&path, MmapMode::Read).unwrap();
        assert!(!read.inner.buffered.is_mapped() && read.inner.buffered.sum() == 10_000.0);
        assert!(read.direct.is_mapped() && read.direct.sum() == 20_000.0);
    });
    assert!(said.contains("flatten"), "{said}");
    let refused = mapped::<Outer>(&path, MmapMode::ReadWrite).err().unwrap();
    assert!(refused.is_unsupported() && refused.to_string().contains("flatten"), "{refused:?}");
    // Which arrays they are is no matter in other formats, and while nothing is to be mapped.
    let json = serde_json::to_string(&outer(3)).unwrap();
    assert_eq!(
        heard(|| assert!(serde_json::from_str::<Outer>(&json).is_ok() && load::<Outer>(&path).is_ok())),
        ""
    );
}

#[test]
fn readers_cannot_be_mapped_for_writing() {
    let mut bytes = Vec::new();
    dump_to(&Array1::<f64>::ones(10), &mut bytes).unwrap();
    let loader = |mode| Loader::new().mmap_mode(mode);
    let refused = loader(MmapMode::ReadWrite).read_from::<MappedArray<f64, Ix1>>(&bytes[..]).unwrap_err();
    assert!(refused.is_unsupported(), "{refused:?}");
    let said = heard(|| {
        let read: MappedArray<f64, Ix1> = loader(MmapMode::Read).read_from(&bytes[..]).unwrap();
        assert!(!read.is_mapped());
    });
    assert!(said.contains("a stream cannot be mapped"), "{said}");
}

/// The kind of an error inside a value is that of the load.
#[test]
fn kinds_of_errors_pass_through_serde() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    dump(&Array1::from_elem(100_000, 2u8), &path).unwrap();
    let wrong: Error = mapped::<MappedArray<u16, Ix1>>(&path, MmapMode::ReadWrite).unwrap_err();
    assert!(wrong.is_unsupported(), "{wrong:?}");

    /// Deserialises by opening another dump, as a value that refers to files may do.
    #[derive(Debug)]
    struct Elsewhere;
    impl<'de> Deserialize<'de> for Elsewhere {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let path = String::deserialize(deserializer)?;
            load::<u8>(path).map_err(serde::de::Error::custom)?;
            Ok(Self)
        }
    }
    impl Serialize for Elsewhere {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom(Error::refused("not here").with_path("elsewhere")))
        }
    }
    let missing = dir.path().join("missing.jl");
    dump(&vec![missing.to_str().unwrap()], &path).unwrap();
    let error = load::<Vec<Elsewhere>>(&path).unwrap_err();
    assert!(error.is_not_found() && error.is_io() && error.path() == Some(&missing), "{error:?}");
    let error = dump(&vec![Elsewhere], &path).unwrap_err();
    assert!(error.is_refused() && error.path() == Some(Path::new("elsewhere")), "{error:?}");
}
