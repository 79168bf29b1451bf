//! A file of any layout at a path: archives above all.
#![no_main]

#[path = "../values.rs"]
mod values;

use joblib_core::MmapMode;
use joblib_persist::Loader;
use std::fs;
use std::path::PathBuf;
use values::Everything;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
    let path = folder.join(format!("joblib-fuzz-{}", std::process::id()));
    if fs::write(&path, data).is_ok() {
        let loader = Loader::new().memory_limit(1 << 24);
        let _ = loader.clone().read::<Everything>(&path);
        let _ = loader.mmap_mode(MmapMode::Read).read::<Everything>(&path);
        let _ = fs::remove_file(&path);
    }
});
