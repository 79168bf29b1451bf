//! What is stored comes back as it was, or is refused; and what can be changed is noted on the way.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use joblib_core::{Codec as _, Encoded, Key, Result, mutable};
use joblib_persist::{Codec, Dump, load};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fmt::Debug;
use std::marker::PhantomData;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::{NonZeroU8, Wrapping};
use std::ops::{Bound, RangeInclusive};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoded = Codec.encode(value, &mut bytes, usize::MAX, &Default::default())?;
    assert_eq!(encoded, Encoded::Inline);
    Ok(bytes)
}

fn returns<T: Serialize + DeserializeOwned + Debug>(value: T) -> T {
    let again: T = Codec.decode(&encode(&value).unwrap()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    Dump::new().write(&value, dir.path().join("value.jl")).unwrap();
    let from_file: T = load(dir.path().join("value.jl")).unwrap();
    assert_eq!(format!("{again:?}"), format!("{from_file:?}"));
    again
}

fn unchanged<T: Serialize + DeserializeOwned + PartialEq + Debug + Clone>(value: T) {
    assert_eq!(returns(value.clone()), value);
}

fn refused<T: Serialize>(value: T) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("value.jl");
    assert!(Dump::new().write(&value, &path).unwrap_err().is_codec());
    assert!(!path.exists());
    let error = encode(&value).unwrap_err();
    assert!(error.is_codec());
    error.to_string()
}

fn address(flowinfo: u32, scope: u32) -> SocketAddrV6 {
    SocketAddrV6::new(Ipv6Addr::LOCALHOST, 80, flowinfo, scope)
}

#[test]
fn addresses_with_more_than_serde_tells_are_refused() {
    #[derive(Serialize)]
    struct Named<T> {
        at: T,
    }
    #[derive(Serialize)]
    enum Choice<T> {
        One(T),
        Three { at: T },
    }
    let address = address(1, 0);
    assert!(refused(address).contains("flow information of a `SocketAddrV6`"));
    refused(SocketAddr::V6(address));
    refused(vec![SocketAddr::V6(address)]);
    refused(vec![address]);
    refused((1u8, address));
    refused(Some(Box::new(address)));
    refused(Rc::new(address));
    refused(Arc::new(SocketAddr::V6(address)));
    refused(Named { at: address });
    refused(Choice::One(address));
    refused(Choice::Three { at: address });
    refused(BTreeMap::from([(1u8, address)]));
    refused(HashMap::from([(address, 1u8)]));
    refused(Mutex::new(address));
    refused(Rc::new(RefCell::new(Some(address))));
    refused(Arc::new(RwLock::new(address)));
    assert!(refused(Rc::new(Box::new(Arc::new(address)))).contains("too many pointers"));
}

#[test]
fn ranges_at_their_end_are_refused() {
    let mut range = 1u8..=2;
    range.next();
    unchanged(range.clone());
    unchanged(Rc::new(RefCell::new(range.clone())));
    range.next();
    assert!(refused(range.clone()).contains("iterated to its end"));
    refused(Some(vec![range]));
    let mut letters = 'a'..='a';
    letters.next_back();
    refused(Box::new(letters));
}

#[test]
fn other_values_of_the_standard_library_come_back_as_they_were() {
    unchanged((Key::from_u128(1 << 127 | 7), Some(Key::from_u128(0))));
    unchanged((address(0, 0), address(0, 1), Arc::new(SocketAddr::V6(address(0, u32::MAX)))));
    unchanged([SocketAddr::V6(address(0, 0)), SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 1))]);
    unchanged((
        RangeInclusive::new(2u8, 1),
        1u8..=1,
        0.5f64..=1.5,
        1u8..1,
        RangeInclusive::new(String::from("a"), String::new()),
    ));
    unchanged((
        Bound::Excluded(1u8),
        Bound::<u8>::Unbounded,
        Duration::new(u64::MAX, 999_999_999),
        Duration::MAX,
    ));
    unchanged(UNIX_EPOCH + Duration::new(1, 1));
    unchanged((NonZeroU8::MAX, Wrapping(u64::MAX), Reverse(i8::MIN), PhantomData::<Cell<u8>>));
    unchanged((OsString::from("a"), PathBuf::from("a//b/"), c"a".to_owned(), Box::<str>::from("a")));
    unchanged((Cell::new(1u8), RefCell::new(Some(())), Rc::<[Option<u8>]>::from([None, Some(1)])));
    assert!(refused(UNIX_EPOCH - Duration::from_nanos(1)).contains("UNIX_EPOCH"));
    assert_eq!(returns(SystemTime::UNIX_EPOCH), UNIX_EPOCH);
}

#[cfg(unix)]
#[test]
fn names_that_are_not_unicode() {
    use std::os::unix::ffi::OsStringExt;
    let name = OsString::from_vec(vec![b'a', 0xff]);
    unchanged(name.clone());
    refused(PathBuf::from(name));
}

#[test]
fn floats_keep_their_bits() {
    let wide =
        [0.0, -0.0, f64::NAN, -f64::NAN, f64::from_bits(0x7ff0_0000_0000_0001), f64::MIN_POSITIVE / 2.0];
    let narrow = [0.0, -0.0, f32::NAN, f32::from_bits(0x7f80_0001), f32::from_bits(0xffff_ffff)];
    let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    for &value in &wide {
        assert_eq!(returns(value).to_bits(), value.to_bits());
        assert_eq!(returns(Some((value, 1u8))).unwrap().0.to_bits(), value.to_bits());
    }
    for &value in &narrow {
        assert_eq!(returns(value).to_bits(), value.to_bits());
        assert_eq!(returns((value, value)).1.to_bits(), value.to_bits());
        assert_eq!(returns(vec![value])[0].to_bits(), value.to_bits());
    }
    assert_eq!(bits(&returns(wide.to_vec())), bits(&wide));
    assert_eq!(bits(&returns(wide)), bits(&wide));
}

#[test]
fn what_can_be_changed_is_noted() {
    #[derive(Serialize, Deserialize)]
    struct Shared {
        id: u8,
        count: Option<Arc<Mutex<u8>>>,
    }
    fn noted<T: Serialize>(value: T) -> bool {
        let (encoded, noted) = mutable::watch(|| encode(&value));
        encoded.unwrap();
        noted
    }
    assert!(noted(Arc::new(Mutex::new(1u8))));
    assert!(noted(Shared { id: 1, count: Some(Arc::default()) }));
    assert!(noted(vec![Rc::new(RwLock::new(1u8))]));
    assert!(noted([Some(AtomicU32::new(1))]));
    assert!(noted(BTreeMap::from([(1u8, Rc::new(RefCell::new(1u8)))])));
    assert!(noted((1u8, Cell::new(1u8))));
    // There is none, so there is nothing to share.
    assert!(!noted(Shared { id: 1, count: None }));
    assert!(!noted((Arc::new(vec![1u8]), String::new(), PhantomData::<Mutex<u8>>)));
}

#[test]
fn a_watch_sees_what_happens_in_it() {
    let cell = Cell::new(1u8);
    assert!(!mutable::watch(|| ()).1);
    encode(&cell).unwrap();
    assert!(!mutable::watch(|| ()).1);
    let ((_, inner), outer) = mutable::watch(|| mutable::watch(|| encode(&cell).unwrap()));
    assert!(inner && !outer);
    let (_, outer) = mutable::watch(|| {
        encode(&cell).unwrap();
        assert!(!mutable::watch(|| ()).1);
    });
    assert!(outer);
}
