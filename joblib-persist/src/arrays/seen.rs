//! Recognising an array that has already been written, so that it is written only once.

use crate::file::Digester;
use crate::payload::Payload;
use crate::stream::Reference;
use joblib_core::array::{DType, Order};
use std::collections::HashMap;

/// The arrays of one dump so far.
///
/// An array at the address of an earlier one is most likely the same, reached by another `Arc` or reference.
/// It may also be a temporary in reused memory, so the contents are compared, by their digests.
/// Arrays at other addresses are compared only if asked for, because that means reading every array twice.
pub(crate) struct Seen {
    by_address: HashMap<(usize, Kind), Written>,
    by_content: Option<HashMap<(u128, Kind), Written>>,
}

/// What must be equal besides the bytes.
type Kind = (DType, Order, Vec<usize>);

#[derive(Clone)]
struct Written {
    index: u64,
    table: Option<Vec<u8>>,
    digest: u128,
}

impl Seen {
    pub(super) fn new(by_content: bool) -> Self {
        Self { by_address: HashMap::new(), by_content: by_content.then(HashMap::new) }
    }

    /// The earlier array of the same dtype, shape, order and bytes.
    pub(super) fn find(&self, payload: &Payload<'_>) -> Option<Reference<'_>> {
        let (address, kind) = identity(payload)?;
        let key = (address, kind);
        if let Some(written) = self.by_address.get(&key)
            && written.digest == digest(payload)
        {
            return Some(written.reference());
        }
        let by_content = self.by_content.as_ref()?;
        by_content.get(&(digest(payload), key.1)).map(Written::reference)
    }

    pub(super) fn insert(&mut self, payload: &Payload<'_>, index: u64, table: Option<Vec<u8>>, digest: u128) {
        if let Some((address, kind)) = identity(payload) {
            let written = Written { index, table, digest };
            if let Some(by_content) = &mut self.by_content {
                by_content.insert((digest, kind.clone()), written.clone());
            }
            self.by_address.insert((address, kind), written);
        }
    }
}

impl Written {
    fn reference(&self) -> Reference<'_> {
        match &self.table {
            None => Reference::Stored { index: self.index, digest: self.digest },
            Some(table) => Reference::Blocks { index: self.index, table },
        }
    }
}

/// Arrays with gaps are not recognised: their bytes do not have a single address.
fn identity(payload: &Payload<'_>) -> Option<(usize, Kind)> {
    let bytes = payload.as_slice()?;
    Some((bytes.as_ptr().addr(), (payload.dtype(), payload.order(), payload.shape().to_vec())))
}

fn digest(payload: &Payload<'_>) -> u128 {
    let mut digester = Digester::default();
    digester.update(payload.as_slice().unwrap_or_default());
    digester.finish()
}
