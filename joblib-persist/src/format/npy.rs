//! NumPy's `.npy` header: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.

use joblib_core::array::{DType, Order};
use joblib_core::{Error, Result};

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// Data starts at a multiple of this, counted from the header's start.
pub(crate) const ALIGNMENT: usize = 64;

/// Headers are not longer than this: NumPy itself refuses longer ones.
const MAX_LEN: usize = 10_000;

/// What a `.npy` file says of its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// As written: `<f8`.
    pub(crate) descr: String,
    pub(crate) order: Order,
    pub(crate) shape: Vec<usize>,
    /// Where the data starts.
    pub(crate) len: usize,
    /// Whether the data have been mapped for writing: see [`MARK`].
    pub(crate) marked: bool,
}

/// Where headers have a blank that becomes a tab when the data are mapped for writing: from then on their
/// checksums mean nothing. NumPy treats a tab like a blank.
pub(crate) const MARK: usize = BEFORE_MARK.len();
const BEFORE_MARK: &[u8] = b"\x93NUMPY\x01\x00..{'descr':";
/// The byte that is there then.
pub(crate) const MARKED: u8 = b'\t';

/// Whether the header that `prefix` starts with has a place for the mark: all that [`write`] has written do.
pub(crate) fn can_be_marked(prefix: &[u8]) -> bool {
    let (length, text) = (8..10, 10..MARK);
    prefix.get(..length.start) == Some(&BEFORE_MARK[..length.start])
        && prefix.get(text.clone()) == Some(&BEFORE_MARK[text])
        && matches!(prefix.get(MARK), Some(b' ' | &MARKED))
}

/// A header of version 1.0, whose length is a multiple of [`ALIGNMENT`].
pub(crate) fn write(dtype: DType, order: Order, shape: &[usize]) -> Vec<u8> {
    let fortran = if order == Order::Fortran { "True" } else { "False" };
    let extents: Vec<String> = shape.iter().map(usize::to_string).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    let shape = extents.join(", ");
    let dict =
        format!("{{'descr': '{}', 'fortran_order': {fortran}, 'shape': ({shape}{comma}), }}", dtype.descr());
    let fixed = MAGIC.len() + 4;
    let len = (fixed + dict.len() + 1).next_multiple_of(ALIGNMENT);
    let mut header = Vec::with_capacity(len);
    header.extend_from_slice(MAGIC);
    header.extend_from_slice(&[1, 0]);
    header.extend_from_slice(&((len - fixed) as u16).to_le_bytes());
    header.extend_from_slice(dict.as_bytes());
    header.resize(len - 1, b' ');
    header.push(b'\n');
    header
}

/// How many bytes of a file are needed to [`read`] any header; a file may be shorter.
pub(crate) const PREFIX: usize = MAX_LEN + 12;

/// Reads the header that `prefix`, the first bytes of a file, starts with.
///
/// # Errors
///
/// Anything but a version 1 to 3 header of three keys: `descr` a string, `fortran_order`, `shape`.
pub(crate) fn read(prefix: &[u8]) -> Result<Header> {
    let (start, dict_len) = match prefix {
        [b'\x93', b'N', b'U', b'M', b'P', b'Y', 1, _, a, b, ..] => {
            (10, usize::from(u16::from_le_bytes([*a, *b])))
        }
        [b'\x93', b'N', b'U', b'M', b'P', b'Y', 2 | 3, _, a, b, c, d, ..] => {
            (12, u32::from_le_bytes([*a, *b, *c, *d]) as usize)
        }
        [b'\x93', b'N', b'U', b'M', b'P', b'Y', version, ..] => {
            return Err(Error::unsupported(format!("a .npy header of version {version}")));
        }
        _ => return Err(Error::corrupt("not a .npy file")),
    };
    if dict_len > MAX_LEN {
        return Err(Error::corrupt("a .npy header of more than 10,000 bytes"));
    }
    let dict =
        prefix.get(start..start + dict_len).ok_or_else(|| Error::corrupt("a .npy header is cut off"))?;
    let text = std::str::from_utf8(dict).map_err(|_| malformed())?;
    let mut parser = Parser { text };
    let (descr, order, shape) = parser.dict().ok_or_else(malformed)?;
    let marked = can_be_marked(prefix) && prefix.get(MARK) == Some(&MARKED);
    Ok(Header { descr, order, shape, len: start + dict_len, marked })
}

#[cold]
fn malformed() -> Error {
    Error::corrupt("a .npy header is malformed, or describes no plain array of numbers")
}

impl Header {
    /// Whether the header is that of an array of these properties.
    pub(crate) fn describes(&self, dtype: DType, order: Order, shape: &[usize]) -> bool {
        // With at most one axis of more than one element, both orders are the same.
        let ambiguous = shape.iter().filter(|&&extent| extent != 1).count() <= 1 || shape.contains(&0);
        self.descr == dtype.descr() && self.shape == shape && (ambiguous || self.order == order)
    }
}

/// Parses the literal of a Python dict with the three keys, in any order.
struct Parser<'t> {
    text: &'t str,
}

impl Parser<'_> {
    fn dict(&mut self) -> Option<(String, Order, Vec<usize>)> {
        let (mut descr, mut order, mut shape) = (None, None, None);
        self.symbol('{')?;
        while self.symbol('}').is_none() {
            let key = self.string()?;
            self.symbol(':')?;
            match key.as_str() {
                "descr" if descr.is_none() => descr = Some(self.string()?),
                "fortran_order" if order.is_none() => order = Some(self.order()?),
                "shape" if shape.is_none() => shape = Some(self.shape()?),
                _ => return None,
            }
            if self.symbol(',').is_none() {
                self.symbol('}')?;
                break;
            }
        }
        if !self.text.trim().is_empty() {
            return None;
        }
        Some((descr?, order?, shape?))
    }

    fn symbol(&mut self, symbol: char) -> Option<()> {
        self.text = self.text.trim_start().strip_prefix(symbol)?;
        Some(())
    }

    fn string(&mut self) -> Option<String> {
        let text = self.text.trim_start();
        let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let (string, rest) = text[1..].split_once(quote)?;
        self.text = rest;
        Some(string.to_owned())
    }

    fn order(&mut self) -> Option<Order> {
        let text = self.text.trim_start();
        if let Some(rest) = text.strip_prefix("True") {
            self.text = rest;
            return Some(Order::Fortran);
        }
        self.text = text.strip_prefix("False")?;
        Some(Order::C)
    }

    fn shape(&mut self) -> Option<Vec<usize>> {
        let mut shape = Vec::new();
        self.symbol('(')?;
        while self.symbol(')').is_none() {
            let text = self.text.trim_start();
            let digits = text.find(|c: char| !c.is_ascii_digit())?;
            shape.push(text[..digits].parse().ok()?);
            // Python 2 wrote long integers as `3L`.
            self.text = text[digits..].strip_prefix('L').unwrap_or(&text[digits..]);
            if self.symbol(',').is_none() {
                self.symbol(')')?;
                break;
            }
        }
        Some(shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn headers_are_numpys_own() {
        let header = write(DType::F64, Order::Fortran, &[2, 3]);
        assert_eq!(header.len(), 128);
        let text = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), } ";
        assert!(header.starts_with(text), "{}", header.escape_ascii());
        assert!(header.ends_with(b" \n"));
        assert!(write(DType::I8, Order::C, &[5]).windows(4).any(|w| w == b"(5,)"));
        assert!(write(DType::I8, Order::C, &[]).windows(2).any(|w| w == b"()"));
    }

    #[test]
    fn other_headers_are_errors() {
        let good = write(DType::F64, Order::C, &[2, 3]);
        let with = |dict: &str| {
            let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
            bytes.extend((dict.len() as u16).to_le_bytes());
            bytes.extend(dict.as_bytes());
            bytes
        };
        assert!(read(&with("{'shape': (3L,), 'fortran_order': False, 'descr': '>i4'}")).is_ok());
        for dict in [
            "",
            "{}",
            "{'descr': '<f8', 'fortran_order': False}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1), 'x': 'y'}",
            "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}",
            "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': ()}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': ()} x",
            "{'descr': '",
        ] {
            assert!(read(&with(dict)).unwrap_err().is_corrupt(), "{dict}");
        }
        for cut in 0..good.len() {
            assert!(read(&good[..cut]).is_err());
        }
        let mut newer = good;
        newer[6] = 4;
        assert!(read(&newer).unwrap_err().is_unsupported());
    }

    proptest! {
        #[test]
        fn headers_round_trip(code in 1u8..17, fortran: bool, shape in proptest::collection::vec(0usize..usize::MAX >> 24, 0..9)) {
            let dtype = DType::from_code(code).unwrap();
            let order = if fortran { Order::Fortran } else { Order::C };
            let bytes = write(dtype, order, &shape);
            prop_assert_eq!(bytes.len() % ALIGNMENT, 0);
            let header = read(&bytes).unwrap();
            prop_assert!(header.describes(dtype, order, &shape));
            prop_assert_eq!((header.order, header.len), (order, bytes.len()));
        }

        #[test]
        fn any_bytes_give_a_header_or_an_error(bytes: Vec<u8>, text in "[{}'(),: a-zA-Z0-9<]{0,80}") {
            let _ = read(&bytes);
            let mut prefixed = b"\x93NUMPY\x01\x00\x50\x00".to_vec();
            prefixed.extend(text.as_bytes());
            let _ = read(&prefixed);
        }
    }
}
