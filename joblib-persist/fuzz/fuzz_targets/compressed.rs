//! Whole compressed streams, recognised by their first bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| joblib_persist::fuzz::compressed_stream(data));
