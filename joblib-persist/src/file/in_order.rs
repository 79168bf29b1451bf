//! Reading from front to back, from readers that cannot do anything else.

use joblib_core::{Error, Result};
use std::io::{self, Read};

/// The next `N` bytes.
pub(crate) fn take<const N: usize>(reader: &mut dyn Read) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// The next `len` bytes. Memory grows as they arrive: a length alone allocates nothing.
pub(crate) fn take_bytes(reader: &mut dyn Read, len: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(len).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 == len { Ok(bytes) } else { Err(cut_off()) }
}

#[cold]
pub(crate) fn cut_off() -> Error {
    Error::corrupt("the stream is cut off")
}

/// Of an error of a reader.
#[cold]
pub(crate) fn failed(error: io::Error) -> Error {
    // The reader may itself use this library.
    let error = match error.downcast::<Error>() {
        Ok(error) => return error,
        Err(error) => error,
    };
    match error.kind() {
        io::ErrorKind::UnexpectedEof => cut_off(),
        // Decompressors report damage so.
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Error::corrupt(error.to_string()),
        _ => Error::stream("cannot read", error),
    }
}
