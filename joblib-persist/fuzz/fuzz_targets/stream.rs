//! The main stream, read as a value of many types.
#![no_main]

#[path = "../values.rs"]
mod values;

use values::Everything;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((choice, stream)) = data.split_first() else { return };
    match choice % 4 {
        0 => joblib_persist::fuzz::stream::<serde::de::IgnoredAny>(stream),
        1 => joblib_persist::fuzz::stream::<Vec<String>>(stream),
        2 => joblib_persist::fuzz::stream::<ndarray::ArrayD<f64>>(stream),
        _ => joblib_persist::fuzz::stream::<Everything>(stream),
    }
});
