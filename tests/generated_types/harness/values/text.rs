//! Characters, texts and bytes.

use std::borrow::Cow;
use std::ffi::{CString, OsString};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use arrayvec::ArrayString;
use bytes::{Bytes, BytesMut};
use serde_bytes::{ByteArray, ByteBuf};

use super::leaf::leaf;
use crate::{Random, Sample};

leaf! {
    char: 'a', |random| random.one(&['a', '"', '\\', '\0', '\u{7f}', 'é', '\u{ffff}', '🦀', '\u{10ffff}', '.']);
    String: String::new(), |random| text(random);
    Box<str>: "".into(), |random| text(random).into();
    Rc<str>: "".into(), |random| text(random).into();
    Arc<str>: "".into(), |random| text(random).into();
    Cow<'static, str>: "".into(), |random| if random.percent(30) { "borrowed".into() } else { text(random).into() };
    ArrayString<16>: ArrayString::new(), |random| {
        let mut short = ArrayString::new();
        for _ in 0..random.below(17) {
            let _ = short.try_push(char::make(random));
        }
        short
    };
    PathBuf: PathBuf::new(), |random| text(random).into();
    OsString: OsString::new(), |random| os_text(random);
    CString: CString::default(), |random| {
        let mut bytes = bytes_of(random);
        bytes.retain(|byte| *byte != 0);
        CString::new(bytes).unwrap_or_default()
    };
    Bytes: Bytes::new(), |random| bytes_of(random).into();
    BytesMut: BytesMut::new(), |random| bytes_of(random).as_slice().into();
    ByteBuf: ByteBuf::new(), |random| bytes_of(random).into();
    Cow<'static, [u8]>: Cow::default(), |random| bytes_of(random).into();
}

fn text(random: &mut Random) -> String {
    let length = random.length::<u8>();
    if random.percent(20) {
        return (0..length).map(|_| char::make(random)).collect();
    }
    // Exactly as many bytes.
    (0..length).map(|_| random.one(b"ab.0 -") as char).collect()
}

#[cfg(unix)]
fn os_text(random: &mut Random) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes_of(random))
}

#[cfg(not(unix))]
fn os_text(random: &mut Random) -> OsString {
    text(random).into()
}

fn bytes_of(random: &mut Random) -> Vec<u8> {
    let length = random.length::<u8>();
    let some = random.percent(50);
    (0..length).map(|i| if some { random.bits() as u8 } else { i as u8 }).collect()
}

impl<const N: usize> Sample for ByteArray<N> {
    fn make(random: &mut Random) -> Self {
        ByteArray::new(std::array::from_fn(|_| random.bits() as u8))
    }
    fn plain() -> Self {
        ByteArray::new([0; N])
    }
    fn again(&self) -> Self {
        *self
    }
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}
