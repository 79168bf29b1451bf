//! The table of an array's blocks, and single blocks of every method.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    match data.split_first() {
        Some((0, rest)) => joblib_persist::fuzz::block_table(rest),
        Some((_, rest)) => joblib_persist::fuzz::block(rest),
        None => {}
    }
});
