//! Values in files: every layout round-trips, maps and reports its files.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use joblib_core::{MappedArray, MmapMode};
use joblib_persist::{Dump, Loader, dump, load};
use ndarray::{ArcArray, ArcArray2, Array1, Array2, Array3, Ix2, IxDyn, ShapeBuilder, s};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tempfile::tempdir;

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Model {
    name: String,
    weights: Array2<f64>,
    counts: Vec<u32>,
    flags: Vec<bool>,
    layers: Vec<Array3<f32>>,
    named: BTreeMap<String, Array1<i64>>,
    small: Vec<f64>,
    records: Vec<(u8, String)>,
}

fn model() -> Model {
    let wave = |(i, j): (usize, usize)| ((i * 7 + j) as f64 * 0.01).sin();
    Model {
        name: "model".to_owned(),
        weights: Array2::from_shape_fn((200, 300).f(), wave),
        counts: (0..50_000).collect(),
        flags: (0..70_000).map(|i| i % 3 == 0).collect(),
        layers: (0..3)
            .map(|l| Array3::from_shape_fn((20, 30, 40), |(i, j, k)| (l + i * j * k) as f32))
            .collect(),
        named: [("a".to_owned(), Array1::from_iter(0..20_000)), ("b".to_owned(), Array1::zeros(3))].into(),
        small: vec![1.5; 10],
        records: (0..1000).map(|i| (i as u8, format!("record {i}"))).collect(),
    }
}

/// Every layout, by name.
fn layouts() -> Vec<(&'static str, Dump)> {
    vec![
        ("multi-file", Dump::new()),
        ("single file", Dump::new().single_file(true)),
        ("compressed", Dump::new().compress(("zlib", 3))),
        ("compressed multi-file", Dump::new().compress(("zlib", 3)).single_file(false)),
        ("everything in the main file", Dump::new().side_file_bytes(u64::MAX)),
        ("every array in a file", Dump::new().side_file_bytes(0)),
        ("every array a member", Dump::new().single_file(true).side_file_bytes(0)),
    ]
}

fn files_in(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_layout_round_trips_and_lists_its_files() {
    let model = model();
    for (name, dump) in layouts() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("model.jl");
        let mut files = dump.write(&model, &path).unwrap();
        assert_eq!(files[0], path, "{name}");
        let back: Model = load(&path).unwrap();
        assert_eq!(back, model, "{name}");
        assert_eq!(back.weights.strides(), model.weights.strides(), "{name}");
        files.sort();
        assert_eq!(files, files_in(dir.path()), "{name}");
    }
}

#[test]
fn side_files_carry_their_number_and_generation() {
    let dir = tempdir().unwrap();
    let files = dump(&model(), dir.path().join("model.jl")).unwrap();
    assert_eq!(files.len(), 1 + 7);
    for (index, file) in files[1..].iter().enumerate() {
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with(&format!("model.jl_{:02}-", index + 1)) && name.ends_with(".npy"), "{name}");
    }
}

#[derive(Serialize, Deserialize)]
struct Features {
    matrix: MappedArray<f64, Ix2>,
    labels: Vec<u8>,
}

#[test]
fn mapped_fields_are_mapped_and_others_read() {
    let matrix = Array2::from_shape_fn((300, 100).f(), |(i, j)| (i * 100 + j) as f64);
    let features = Features { matrix: matrix.clone().into(), labels: vec![7; 100_000] };
    for (name, dump) in layouts() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("features.jl");
        dump.write(&features, &path).unwrap();
        let compressed = name.starts_with("compressed");
        let mappable = !compressed && !name.contains("main file");
        for mode in [MmapMode::Read, MmapMode::CopyOnWrite, MmapMode::ReadWrite] {
            let loaded = Loader::new().mmap_mode(mode).verify(true).read::<Features>(&path);
            if mode == MmapMode::ReadWrite && !mappable {
                // What would be written to it would be lost.
                assert!(loaded.err().is_some_and(|error| error.is_unsupported()), "{name}");
                continue;
            }
            let loaded = loaded.unwrap();
            assert_eq!(loaded.matrix.is_mapped(), mappable, "{name}");
            assert_eq!(*loaded.matrix, matrix, "{name}");
            assert_eq!(loaded.matrix.strides(), matrix.strides(), "{name}");
            assert_eq!(loaded.labels, features.labels);
        }
        let owned: Features = load(&path).unwrap();
        assert!(!owned.matrix.is_mapped());
    }
}

#[test]
fn written_through_maps_reach_the_file() {
    for single in [false, true] {
        let dir = tempdir().unwrap();
        let path = dir.path().join("a.jl");
        Dump::new().single_file(single).write(&Array2::<f64>::zeros((100, 100)), &path).unwrap();
        let loader = Loader::new().mmap_mode(MmapMode::ReadWrite);
        let mut mapped: MappedArray<f64, Ix2> = loader.read(&path).unwrap();
        mapped.view_mut().unwrap()[[3, 4]] = 5.0;
        mapped.flush().unwrap();
        drop(mapped);
        // What was changed on purpose is not damaged, though it no longer has the checksum it had.
        for verify in [false, true] {
            let changed: Array2<f64> = Loader::new().verify(verify).read(&path).unwrap();
            assert_eq!(changed[[3, 4]], 5.0);
        }
        assert_eq!(load::<Array2<f64>>(&path).unwrap()[[3, 4]], 5.0);
        // And can be mapped and changed again.
        let mut again: MappedArray<f64, Ix2> = loader.read(&path).unwrap();
        again.view_mut().unwrap()[[3, 4]] = 6.0;
        drop(again);
        assert_eq!(load::<Array2<f64>>(&path).unwrap()[[3, 4]], 6.0);
    }
}

#[test]
fn arrays_not_mapped_for_writing_keep_their_checksums() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("pair.jl");
    dump(&(Array2::<f64>::zeros((100, 100)), Array2::<f64>::ones((100, 100))), &path).unwrap();
    let loader = Loader::new().mmap_mode(MmapMode::ReadWrite);
    let (mut first, second): (MappedArray<f64, Ix2>, Array2<f64>) = loader.read(&path).unwrap();
    first.view_mut().unwrap().fill(3.0);
    drop(first);
    let both: (Array2<f64>, Array2<f64>) = load(&path).unwrap();
    assert_eq!((both.0[[9, 9]], both.1), (3.0, second));
    // Damage to the other one is found.
    let side = dir.path().read_dir().unwrap().map(|entry| entry.unwrap().path());
    let second = side.into_iter().find(|path| path.to_string_lossy().contains("_02-")).unwrap();
    let mut bytes = std::fs::read(&second).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&second, bytes).unwrap();
    assert!(load::<(Array2<f64>, Array2<f64>)>(&path).unwrap_err().is_corrupt());
}

#[test]
fn strided_and_empty_arrays() {
    let base = Array3::from_shape_fn((40, 50, 60), |(i, j, k)| (i * 10_000 + j * 100 + k) as i32);
    let strided = base.slice(s![..;2, ..;-1, 3..50]);
    for (name, dump) in layouts() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("a.jl");
        let value = (&strided, Array2::<f64>::zeros((0, 7)), Vec::<u8>::new());
        dump.write(&value, &path).unwrap();
        let (back, empty, none): (Array3<i32>, Array2<f64>, Vec<u8>) = load(&path).unwrap();
        assert_eq!(back, strided, "{name}");
        assert_eq!((empty.dim(), none.len()), ((0, 7), 0), "{name}");
    }
}

#[test]
fn one_array_reached_twice_is_written_once() {
    let shared = Array2::<f64>::ones((100, 100)).into_shared();
    let value = (shared.clone(), shared.clone(), Array2::<f64>::ones((100, 100)));
    let count = |dump: Dump| {
        let dir = tempdir().unwrap();
        let path = dir.path().join("a.jl");
        let files = dump.write(&value, &path).unwrap();
        let back: (Array2<f64>, Array2<f64>, Array2<f64>) = load(&path).unwrap();
        assert_eq!((back.0, back.1, back.2), (shared.to_owned(), shared.to_owned(), value.2.clone()));
        files.len() - 1
    };
    assert_eq!(count(Dump::new()), 2);
    assert_eq!(count(Dump::new().dedup(true)), 1);
}

#[test]
fn one_array_written_once_is_one_again_where_its_type_shares_memory() {
    let array = ArcArray::from_shape_fn((100, 120), |(i, j)| (i * j) as f64);
    let mapped = MappedArray::from(array.clone());
    for (name, dump) in layouts() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("a.jl");
        dump.write(&vec![array.clone(); 3], &path).unwrap();
        let stored = !name.contains("main file");
        // A single array's memory is enough for all of them.
        let loader = if stored { Loader::new().memory_limit(100_000) } else { Loader::new() };
        let [mut first, second, third] = loader.read::<[ArcArray2<f64>; 3]>(&path).unwrap();
        assert_eq!((&first, &second), (&array, &third), "{name}");
        assert_eq!(first.as_ptr() == second.as_ptr() && second.as_ptr() == third.as_ptr(), stored, "{name}");
        first[[1, 1]] = -1.0;
        assert_eq!(second, array, "written to, it is its own");

        // Also where one of them is of another type.
        type Mixed = (ArcArray2<f64>, Array2<f64>, ArcArray<f64, IxDyn>, ArcArray2<f64>, Vec<Vec<u8>>);
        dump.write(&(&array, &array, array.clone().into_dyn(), &array, [[7u8; 9]]), &path).unwrap();
        let (first, owned, dynamic, last, _) = load::<Mixed>(&path).unwrap();
        assert_eq!(first.as_ptr() == last.as_ptr(), stored, "{name}");
        assert!(owned.as_ptr() != first.as_ptr() && owned == first && dynamic == first.view().into_dyn());

        dump.write(&(&mapped, &mapped), &path).unwrap();
        let (mut a, b) = load::<(MappedArray<f64, Ix2>, MappedArray<f64, Ix2>)>(&path).unwrap();
        assert_eq!(a.as_ptr() == b.as_ptr(), stored, "{name}");
        a.view_mut().unwrap()[[1, 1]] = -1.0;
        assert_eq!(*b, array);
    }
}

/// Which is documented: serde does not say that there is an `Arc`.
#[test]
fn arrays_behind_an_arc_are_copies() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    let array = Arc::new(Array2::<f64>::ones((100, 120)));
    assert_eq!(dump(&(array.clone(), array.clone()), &path).unwrap().len(), 2);
    let (first, second) = load::<(Arc<Array2<f64>>, Arc<Array2<f64>>)>(&path).unwrap();
    assert!(first == array && second == array && !Arc::ptr_eq(&first, &second));
}

#[test]
fn temporaries_at_one_address_are_not_taken_for_one_array() {
    struct Temporaries;
    impl Serialize for Temporaries {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeTuple;
            let mut tuple = serializer.serialize_tuple(8)?;
            for i in 0..8 {
                tuple.serialize_element(&vec![f64::from(i); 10_000])?;
            }
            tuple.end()
        }
    }
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    dump(&Temporaries, &path).unwrap();
    let back: Vec<Vec<f64>> = load(&path).unwrap();
    assert_eq!(back, (0..8).map(|i| vec![f64::from(i); 10_000]).collect::<Vec<_>>());
}

#[test]
fn a_replaced_dump_leaves_nothing_behind_and_its_readers_alone() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    dump(&Array2::<f64>::ones((100, 100)), &path).unwrap();
    let mapped: MappedArray<f64, Ix2> = Loader::new().mmap_mode(MmapMode::Read).read(&path).unwrap();
    for (name, dump) in layouts() {
        let mut files = dump.write(&Array2::<f64>::zeros((100, 100)), &path).unwrap();
        files.sort();
        assert_eq!(files, files_in(dir.path()), "{name}");
        assert_eq!(mapped.sum(), 10_000.0);
        assert_eq!(load::<Array2<f64>>(&path).unwrap().sum(), 0.0);
    }
}

#[test]
fn a_failed_dump_keeps_the_old_one_whole() {
    struct Failing;
    impl Serialize for Failing {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("refuses"))
        }
    }
    for (name, dump) in layouts() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("a.jl");
        let mut files = dump.write(&vec![1.0f64; 10_000], &path).unwrap();
        let error = dump.write(&(vec![2.0f64; 10_000], Failing), &path).unwrap_err();
        assert!(error.is_codec() && error.path() == Some(&path), "{name}: {error}");
        files.sort();
        assert_eq!(files, files_in(dir.path()), "{name}");
        assert_eq!(load::<Vec<f64>>(&path).unwrap(), [1.0; 10_000], "{name}");
    }
}

#[test]
fn wrong_files_are_told_apart() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    assert!(load::<u8>(&path).unwrap_err().is_not_found());
    for contents in [
        &b""[..],
        b"GIF89a",
        b"PK\x03\x04",
        b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"\x93JOBLIB\n",
    ] {
        fs::write(&path, contents).unwrap();
        let error = load::<u8>(&path).unwrap_err();
        assert!(error.is_corrupt() && error.path() == Some(&path), "{error}");
    }
    dump(&vec![1.0f64; 10_000], &path).unwrap();
    let error = load::<String>(&path).unwrap_err();
    assert!(error.is_codec() && error.path() == Some(&path), "{error}");
    assert!(dump(&1, dir.path()).unwrap_err().is_invalid());
    assert!(dump(&1, dir.path().join("no/such")).unwrap_err().is_not_found());
    assert!(Dump::new().compress("no such").write(&1, &path).unwrap_err().is_invalid());
}

#[test]
fn side_files_must_be_those_of_the_main_file() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    let numbers = || Array1::from_iter((0..20_000).map(f64::from));
    let fresh = || dump(&numbers(), &path).unwrap().remove(1);
    let side = fresh();
    let good = fs::read(&side).unwrap();
    fs::remove_file(&side).unwrap();
    assert!(load::<Array1<f64>>(&path).unwrap_err().is_not_found());
    for replacement in [
        dump(&numbers().mapv(|x| x as f32), dir.path().join("b.jl")).unwrap(),
        dump(&numbers().into_shape_with_order((200, 100)).unwrap(), dir.path().join("c.jl")).unwrap(),
        dump(&numbers().mapv(|x| -x), dir.path().join("d.jl")).unwrap(),
    ] {
        fs::copy(&replacement[1], &side).unwrap();
        let error = load::<Array1<f64>>(&path).unwrap_err();
        assert!(error.is_corrupt() && error.path() == Some(&side), "{error}");
    }
    for at in (0..good.len()).step_by(good.len() / 50) {
        let mut damaged = good.clone();
        damaged[at] ^= 1;
        fs::write(&side, damaged).unwrap();
        let result = load::<Array1<f64>>(&path);
        assert!(result.is_err() || at < 128 && result.unwrap() == numbers(), "byte {at}");
        fs::write(&side, &good[..at]).unwrap();
        assert!(load::<Array1<f64>>(&path).unwrap_err().is_corrupt(), "cut at {at}");
    }
    fs::write(&side, good).unwrap();
    assert_eq!(load::<Array1<f64>>(&path).unwrap(), numbers());
}

#[test]
fn a_renamed_main_file_finds_its_side_files() {
    let dir = tempdir().unwrap();
    let (old, new) = (dir.path().join("a.jl"), dir.path().join("b.jl"));
    dump(&vec![1.0f64; 10_000], &old).unwrap();
    fs::rename(&old, &new).unwrap();
    assert_eq!(load::<Vec<f64>>(&new).unwrap(), [1.0; 10_000]);
}

/// Names as long as the file system takes, and such as are no text.
#[cfg(unix)]
#[test]
fn any_name_that_the_file_system_takes() {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let dir = tempdir().unwrap();
    let takes = |name: &[u8]| {
        let path = dir.path().join(std::ffi::OsStr::from_bytes(name));
        fs::write(&path, "").and_then(|()| fs::remove_file(path)).is_ok()
    };
    let longest = (1..=4096).rev().find(|&len| takes(&b"x".repeat(len))).unwrap();
    let mut names = vec![
        b"\xff\xfe.jl".to_vec(),
        b"a\\b:c*?\"<>|\n.jl".to_vec(),
        b" -rf ".to_vec(),
        b"...".to_vec(),
        b"\xff".repeat(longest),
        "\u{e9}".repeat(longest / 2).into_bytes(),
        b"x".repeat(longest - 3).into_iter().chain(*b".gz").collect(),
    ];
    names.extend((0..200).step_by(17).map(|less| b"n".repeat(longest - less)));
    type Value = (Vec<f64>, String, Vec<u32>);
    let value: Value = (vec![0.5; 10_000], "text".to_owned(), (0..20_000).collect());
    for name in names.into_iter().filter(|name| takes(name)) {
        let path = dir.path().join(std::ffi::OsString::from_vec(name));
        for (layout, dump) in layouts() {
            // The second one replaces the first.
            for _ in 0..2 {
                let mut files = dump.write(&value, &path).unwrap_or_else(|error| panic!("{layout}: {error}"));
                assert_eq!(load::<Value>(&path).unwrap(), value, "{layout}, {}", path.display());
                files.sort();
                assert_eq!(files, files_in(dir.path()), "{layout}");
                assert!(files.iter().all(|file| file.file_name().unwrap().as_bytes().len() <= longest));
            }
        }
        files_in(dir.path()).iter().for_each(|file| fs::remove_file(file).unwrap());
    }
}

#[test]
fn memory_is_limited() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    for (name, dump) in layouts().into_iter().filter(|(name, _)| !name.contains("main file")) {
        dump.write(&(vec![0.0f64; 10_000], vec![1.0f64; 10_000]), &path).unwrap();
        let loader = |bytes| Loader::new().memory_limit(bytes).read::<(Vec<f64>, Vec<f64>)>(&path);
        assert!(loader(160_000).is_ok(), "{name}");
        assert!(loader(159_999).unwrap_err().is_limit(), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_permissions_kept() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempdir().unwrap();
    let (file, link) = (dir.path().join("a.jl"), dir.path().join("link.jl"));
    dump(&1u8, &file).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    dump(&2u8, &link).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(load::<u8>(&file).unwrap(), 2);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
#[cfg(unix)]
fn links_from_another_directory_lead_to_the_side_files() {
    let dir = tempdir().unwrap();
    let data = dir.path().join("data");
    fs::create_dir(&data).unwrap();
    let link = dir.path().join("link.jl");
    // Also before there is anything that the link leads to.
    std::os::unix::fs::symlink("data/a.jl", &link).unwrap();
    for length in [20_000u32, 40_000] {
        let values: Vec<u32> = (0..length).collect();
        assert_eq!(dump(&values, &link).unwrap().len(), 2);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(load::<Vec<u32>>(&link).unwrap(), values);
        assert_eq!(load::<Vec<u32>>(data.join("a.jl")).unwrap(), values);
        assert_eq!((files_in(dir.path()).len(), files_in(&data).len()), (2, 2));
    }
}

#[test]
#[cfg(unix)]
fn arrays_are_as_private_as_the_file_they_belong_to() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempdir().unwrap();
    let file = dir.path().join("a.jl");
    dump(&1u8, &file).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    for dump in [Dump::new(), Dump::new().compress("zlib").single_file(false)] {
        let files = dump.write(&vec![0.5f64; 20_000], &file).unwrap();
        assert_eq!(files.len(), 2);
        for file in files {
            assert_eq!(
                fs::metadata(&file).unwrap().permissions().mode() & 0o777,
                0o600,
                "{}",
                file.display()
            );
        }
    }
}

/// In a child that may have 40 files open.
#[test]
#[cfg(unix)]
fn more_arrays_than_a_process_may_have_open() {
    const CHILD: &str = "JOBLIB_TEST_FEW_OPEN_FILES";
    if std::env::var_os(CHILD).is_none() {
        let name = "more_arrays_than_a_process_may_have_open";
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", "ulimit -n 40 && exec \"$0\" \"$@\""]).arg(std::env::current_exe().unwrap());
        let output = shell.args([name, "--exact", "--nocapture"]).env(CHILD, "1").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let dir = tempdir().unwrap();
    let path = dir.path().join("many.jl");
    let arrays: Vec<Vec<u16>> = (0..100).map(|n| vec![n; 40_000]).collect();
    assert_eq!(dump(&arrays, &path).unwrap().len(), 101);
    assert_eq!(load::<Vec<Vec<u16>>>(&path).unwrap(), arrays);
    assert_eq!(joblib_persist::inspect(&path).unwrap().arrays.len(), 100);
}

/// Nothing of such a load can have been changed.
#[test]
fn arrays_of_another_type_are_not_marked_as_mapped_for_writing() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    let files = dump(&Array2::<f64>::ones((100, 100)), &path).unwrap();
    let before = fs::read(&files[1]).unwrap();
    let loader = Loader::new().mmap_mode(MmapMode::ReadWrite);
    assert!(loader.read::<MappedArray<f64, ndarray::Ix3>>(&path).is_err());
    assert!(fs::read(&files[1]).unwrap() == before);
    assert!(loader.read::<MappedArray<f64, Ix2>>(&path).unwrap().is_mapped());
    assert!(fs::read(&files[1]).unwrap() != before);
}
