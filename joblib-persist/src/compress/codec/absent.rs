//! What stands in for a method whose feature is off: it is recognised and named, and says what to enable.

use crate::compress::compressor::{Compressor, StreamWriter};
use joblib_core::array::DType;
use std::io::{self, Read, Write};

pub(crate) struct Absent {
    pub(crate) name: &'static str,
    pub(crate) extension: &'static str,
    pub(crate) prefix: &'static [u8],
    pub(crate) feature: &'static str,
}

impl Absent {
    fn error(&self) -> io::Error {
        let Self { name, feature, .. } = self;
        io::Error::new(
            io::ErrorKind::Unsupported,
            format!("{name} is not built in: enable the feature `{feature}`"),
        )
    }
}

impl Compressor for Absent {
    fn name(&self) -> &str {
        self.name
    }

    fn extension(&self) -> &str {
        self.extension
    }

    fn prefix(&self) -> &[u8] {
        self.prefix
    }

    fn writer<'w>(&self, _sink: Box<dyn Write + 'w>, _level: u8) -> io::Result<Box<dyn StreamWriter + 'w>> {
        Err(self.error())
    }

    fn reader<'r>(&self, _source: Box<dyn Read + 'r>) -> io::Result<Box<dyn Read + 'r>> {
        Err(self.error())
    }

    fn compress_block(&self, _: &[u8], _: DType, _: u8, _: &mut [u8]) -> io::Result<Option<usize>> {
        Err(self.error())
    }

    fn decompress_block(&self, _: &[u8], _: DType, _: &mut [u8]) -> io::Result<()> {
        Err(self.error())
    }
}
