//! The header of a main file.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| joblib_persist::fuzz::frame(data));
