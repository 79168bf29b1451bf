//! The header of a `.npy` file.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| joblib_persist::fuzz::npy(data));
