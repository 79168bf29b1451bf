//! Several values one after the other through one stream.

use std::io::{Cursor, Read};

use joblib::Dump;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::files::a_method;
use super::{Case, Outcome, is_back, not_dumped};
use crate::Sample;

pub fn streams<T: Sample + Serialize + DeserializeOwned>(case: &Case<'_>) -> Outcome {
    let value: T = case.make();
    let other = value.again();
    let mut random = case.random();
    let arrays = Dump::new().compress(a_method(&mut random));
    let mut written = Vec::new();
    let values = [
        ("first in a stream", &value),
        ("second in a stream", &other),
        ("third, arrays compressed,", &value),
    ];
    for (name, value) in values {
        let dump = if name.contains("compressed") { arrays.clone() } else { Dump::new() };
        if let Err(error) = dump.write_to(value, &mut written) {
            return not_dumped(name, value, &error);
        }
    }
    let mut reader = Pieces(Cursor::new(&written), random.one(&[1, 7, 4096, usize::MAX]));
    for (name, value) in values {
        is_back(name, value, joblib::load_from(&mut reader))?;
    }
    Ok(())
}

/// As a socket gives them.
struct Pieces<R>(R, usize);

impl<R: Read> Read for Pieces<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let length = into.len().min(self.1);
        self.0.read(&mut into[..length])
    }
}
