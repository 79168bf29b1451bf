//! Dumps of every layout, read as a whole and mapped.

use std::collections::HashSet;
use std::path::PathBuf;

use joblib::{Dump, Loader, MmapMode};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::{Case, Outcome, Question, failed, is_back, not_dumped, short, told};
use crate::{Random, Sample};

/// A way to write a file.
pub(super) struct Way {
    pub(super) name: String,
    pub(super) dump: Dump,
    pub(super) file: String,
    mapped: bool,
}

/// A compressor that is built in.
pub(super) fn a_method(random: &mut Random) -> &'static str {
    let zstd = if cfg!(feature = "zstd") { "zstd" } else { "zlib" };
    random.one(&["zlib", "gzip", zstd, "lz4", "xz", "lzma", "bz2", "pco"])
}

/// All kinds of layouts; of the compressors, some.
pub(super) fn ways(random: &mut Random) -> Vec<Way> {
    let way = |name: &str, dump: Dump, mapped| Way {
        name: name.to_owned(),
        dump,
        file: "value.jl".to_owned(),
        mapped,
    };
    let least = random.one(&[1, 64]);
    let mut ways = vec![
        way("several files", Dump::new(), true),
        way("several small files", Dump::new().side_file_bytes(least), true),
        way("one file", Dump::new().single_file(true), true),
        way(
            "one file with small members",
            Dump::new().single_file(true).side_file_bytes(least).dedup(true),
            true,
        ),
    ];
    let method = a_method(random);
    ways.push(way(&format!("compressed by {method}"), Dump::new().compress(method), false));
    let method = a_method(random);
    let apart = Dump::new().compress(method).single_file(false).side_file_bytes(least);
    ways.push(way(&format!("several files by {method}"), apart, false));
    let zst = if cfg!(feature = "zstd") { "zst" } else { "gz" };
    let extension = random.one(&["gz", "z", "bz2", "xz", "lzma", "lz4", zst]);
    let mut stream = way(&format!("a stream of .{extension}"), Dump::new(), false);
    stream.file = format!("value.jl.{extension}");
    ways.push(stream);
    ways
}

/// A value that was dumped in one of these ways.
pub(super) struct Dumped {
    pub(super) way: String,
    pub(super) path: PathBuf,
    pub(super) files: Vec<PathBuf>,
    pub(super) _folder: tempfile::TempDir,
}

/// `None` where the value cannot be dumped.
pub(super) fn dumped<T: Serialize>(case: &Case<'_>, value: &T) -> Option<Dumped> {
    let mut random = case.random();
    let mut ways = ways(&mut random);
    let Way { name, dump, file, .. } = ways.swap_remove(random.below(ways.len()));
    let folder = folder(case);
    let path = folder.path().join(file);
    let files = dump.write(value, &path).ok()?;
    Some(Dumped { way: name, path, files, _folder: folder })
}

/// A folder that goes when it is dropped.
pub(super) fn folder(case: &Case<'_>) -> tempfile::TempDir {
    tempfile::tempdir_in(case.root).unwrap()
}

pub fn files<T: Sample + Serialize + DeserializeOwned>(case: &Case<'_>) -> Outcome {
    let value: T = case.make();
    let key = joblib::hash(&value).ok();
    for Way { name, dump, file, mapped } in ways(&mut case.random()) {
        case.goes_on();
        let folder = folder(case);
        let path = folder.path().join(file);
        if let Err(error) = dump.write(&value, &path) {
            return not_dumped(&name, &value, &error);
        }
        let found: T = match joblib::load(&path) {
            Ok(found) => found,
            error => return is_back(&name, &value, error),
        };
        let again = joblib::hash(&found).ok();
        is_back(&name, &value, Ok(found))?;
        if again != key {
            return failed(
                "a key lost",
                Question::None,
                format!("{name}: {key:?}, loaded {again:?} of {}", short(&value)),
            );
        }
        names(case, &name, &path)?;
        let modes = [("r", MmapMode::Read), ("c", MmapMode::CopyOnWrite), ("r+", MmapMode::ReadWrite)];
        for (mode, by) in modes.into_iter().filter(|_| mapped) {
            case.goes_on();
            let found = Loader::new().mmap_mode(by).read(&path);
            // What has no bytes of its own in a file cannot be changed there; an untagged enum does not say
            // why.
            let refused = |error: &joblib::Error| error.is_unsupported() || error.is_codec();
            if mode == "r+" && found.as_ref().is_err_and(refused) {
                continue;
            }
            is_back(&format!("{name}, mapped {mode}"), &value, found)?;
        }
    }
    Ok(())
}

/// That each array has a name of its own, by which it is found.
fn names(case: &Case<'_>, way: &str, path: &PathBuf) -> Outcome {
    let about = match joblib::inspect(path) {
        Ok(about) => about,
        Err(error) => return failed("not inspected", Question::None, format!("{way}: {}", told(&error))),
    };
    let mut seen = HashSet::new();
    for array in about.arrays.iter().take(20) {
        case.goes_on();
        if !seen.insert(&array.name) {
            return failed("a name twice", Question::None, format!("{way}: {:?}", short(&array.name)));
        }
        if let Err(error) = Loader::new().read_part::<IgnoredAny>(path, &array.name) {
            let detail = format!("{way}: {}: {}", short(&array.name), told(&error));
            return failed("not found by name", Question::None, detail);
        }
    }
    Ok(())
}
