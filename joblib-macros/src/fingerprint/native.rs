//! Sources in other languages, which a build script compiles.

use super::digest;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_128;

/// By their extensions; of libraries that are there in compiled form, too.
#[rustfmt::skip]
const EXTENSIONS: &[&str] = &[
    "a", "asm", "c", "cc", "cpp", "cu", "cuh", "cxx", "dll", "dylib", "f", "f03", "f08", "f77", "f90", "f95", "for",
    "go", "h", "hh", "hpp", "hxx", "inc", "inl", "ipp", "lib", "m", "mm", "o", "obj", "pyx", "s", "S", "so", "swift",
    "zig",
];

/// More files are told apart by their lengths only.
const MOST_READ: usize = 1_000;

/// The hash of those in a package, whatever directory that is in.
pub(super) fn digest(package: &Path) -> u128 {
    let mut files = Vec::new();
    collect(package, &mut files);
    files.sort_unstable();
    let parts = files.iter().enumerate().flat_map(|(number, path)| {
        let name = path.strip_prefix(package).unwrap_or(path).to_string_lossy().replace('\\', "/");
        let length = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        let content = (number < MOST_READ).then(|| std::fs::read(path).ok()).flatten();
        [xxh3_128(name.as_bytes()), content.map_or(u128::from(length), |bytes| xxh3_128(&bytes))]
    });
    digest::combine(&Vec::from_iter(parts))
}

fn collect(directory: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for entry in entries.filter_map(Result::ok) {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            let is_built = name == "target" || name.starts_with('.') || path.join("CACHEDIR.TAG").is_file();
            if !is_built && !path.join("Cargo.toml").is_file() {
                collect(&path, into);
            }
        } else if path.extension().is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known))
        {
            into.push(path);
        }
    }
}
