//! The heads of sequences and maps, which say how many elements follow: written before them, made right
//! behind them.

use super::encoder::{Encoder, check_len};
use super::wire;
use joblib_core::{Error, Result};

/// What a container holds: single elements, or pairs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sequence,
    Map,
}

/// The head of a container that is being written.
#[derive(Clone, Copy)]
pub(super) struct ContainerHead {
    kind: Kind,
    /// As many elements as `Serialize` announced; not all keep to it.
    announced: Option<usize>,
    /// Where the head stands, unless the sink took from the stream since.
    at: usize,
    cuts: usize,
}

impl ContainerHead {
    /// Writes the head of a container of `len` elements, or one to be filled in.
    #[inline]
    pub(super) fn begin(encoder: &mut Encoder<'_>, kind: Kind, len: Option<usize>) -> Result<Self> {
        let head = Self { kind, announced: len, at: encoder.out.len(), cuts: encoder.cuts };
        match len {
            Some(len) => head.write(&mut encoder.out, check_len(len)?),
            None => {
                wire::write_open_head(&mut encoder.out, kind == Kind::Map);
                encoder.open_heads += 1;
            }
        }
        Ok(head)
    }

    /// Makes the head say that `len` elements followed.
    #[inline]
    pub(super) fn end(self, encoder: &mut Encoder<'_>, len: usize) -> Result<()> {
        match self.announced {
            Some(announced) if announced == len => Ok(()),
            Some(announced) => self.correct(encoder, announced, len),
            None => {
                encoder.open_heads -= 1;
                wire::patch_len(&mut encoder.out, self.at, check_len(len)? as u32);
                Ok(())
            }
        }
    }

    #[inline]
    fn write(self, out: &mut Vec<u8>, len: usize) {
        match self.kind {
            Kind::Sequence => wire::write_array_head(out, len),
            Kind::Map => wire::write_map_head(out, len),
        }
    }

    /// Replaces a head that announced another length.
    #[cold]
    fn correct(self, encoder: &mut Encoder<'_>, announced: usize, len: usize) -> Result<()> {
        if self.cuts != encoder.cuts {
            return Err(Error::codec(format!(
                "a sequence or map announced {announced} elements and has {len}, which is noticed too late in a \
                 value of this size"
            )));
        }
        let (mut wrong, mut right) = (Vec::new(), Vec::new());
        self.write(&mut wrong, announced);
        self.write(&mut right, check_len(len)?);
        encoder.out.splice(self.at..self.at + wrong.len(), right);
        Ok(())
    }
}
