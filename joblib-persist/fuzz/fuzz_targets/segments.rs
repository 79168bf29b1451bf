//! A value read from a socket or pipe.
#![no_main]

#[path = "../values.rs"]
mod values;

use joblib_persist::Loader;
use values::Everything;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = Loader::new().memory_limit(1 << 24).read_from::<Everything>(data);
});
