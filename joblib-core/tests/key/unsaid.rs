//! What serde leaves out of a value counts all the same, wherever it lies.

use joblib_core::{Key, hash};
use serde::Serialize;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::ops::RangeInclusive;
use std::rc::Rc;
use std::sync::{Arc, Mutex, RwLock};

fn key<T: Serialize + ?Sized>(value: &T) -> Key {
    hash(value).unwrap()
}

/// Holds `value` in many ways; each must tell two values apart.
fn ways<T: Serialize + Clone>(value: &T) -> Vec<Key> {
    #[derive(Serialize)]
    struct Named<T> {
        field: T,
    }
    #[derive(Serialize)]
    struct Newtype<T>(T);
    let owned = || value.clone();
    let mut exclusive = owned();
    vec![
        key(value),
        key(&value),
        key(&&&value),
        key(&Named { field: owned() }),
        key(&Named { field: value }),
        key(&Newtype(owned())),
        key(&Some(owned())),
        key(&Some(Box::new(owned()))),
        key(&(1u8, owned())),
        key(&[owned()]),
        key(&vec![owned()]),
        key(&vec![Box::new(owned())]),
        key(&vec![Arc::new(owned())]),
        key(&Box::new(owned())),
        key(&Rc::new(owned())),
        key(&Arc::new(owned())),
        key(&RefCell::new(Some(owned()))),
        key(&Rc::new(RefCell::new(owned()))),
        key(&Mutex::new(owned())),
        key(&vec![RwLock::new(owned())]),
        key(&Arc::new(Mutex::new(owned()))),
        key(&BTreeMap::from([(1u8, owned())])),
        key(&HashMap::from([(1u8, Rc::new(owned()))])),
        key(&(&mut exclusive)),
    ]
}

fn all_differ<T: Serialize + Clone>(values: &[T]) {
    for (i, one) in values.iter().enumerate() {
        assert_eq!(ways(one), ways(&one.clone()));
        for other in &values[i + 1..] {
            for (way, (a, b)) in ways(one).into_iter().zip(ways(other)).enumerate() {
                assert_ne!(a, b, "way {way}");
            }
        }
    }
}

#[test]
fn scope_and_flow_of_addresses() {
    let of = |flow, scope| SocketAddrV6::new(Ipv6Addr::LOCALHOST, 80, flow, scope);
    let addresses = [of(0, 0), of(0, 1), of(0, 2), of(1, 0), of(2, 0), of(1, 1), of(1, 2)];
    all_differ(&addresses);
    all_differ(&addresses.map(SocketAddr::V6));
    assert_ne!(key(&HashMap::from([(of(0, 0), 1u8)])), key(&HashMap::from([(of(0, 1), 1u8)])));
    assert_ne!(key(&BTreeMap::from([(of(0, 0), 1u8)])), key(&BTreeMap::from([(of(0, 1), 1u8)])));
}

fn spent<X>(mut range: RangeInclusive<X>) -> RangeInclusive<X>
where
    RangeInclusive<X>: Iterator,
{
    range.by_ref().for_each(drop);
    range
}

#[test]
fn ranges_at_their_end() {
    macro_rules! each {
        ($($from:expr, $to:expr;)*) => {$(
            let range = spent($from..=$to);
            all_differ(&[*range.start()..=*range.end(), $from..=$to, range]);
        )*};
    }
    each! {
        1i8, 2; 1i16, 2; 1i32, 2; 1i64, 2; 1i128, 2; 1isize, 2;
        1u8, 2; 1u16, 2; 1u32, 2; 1u64, 2; 1u128, 2; 1usize, 2; 'a', 'b';
        Ipv4Addr::new(127, 0, 0, 1), Ipv4Addr::new(127, 0, 0, 2);
        Ipv6Addr::UNSPECIFIED, Ipv6Addr::LOCALHOST;
    }
}

#[test]
fn ranges_of_what_cannot_be_iterated_are_hashed_behind_any_pointer() {
    assert_eq!(key(&Rc::new(Box::new(Arc::new(0.0f64..=1.0)))), key(&(0.0f64..=1.0)));
    let empty = RangeInclusive::new(2.0f64, 1.0);
    assert_ne!(key(&empty), key(&(1.0f64..=2.0)));
}

#[test]
fn what_cannot_be_looked_at_has_no_key() {
    let address = SocketAddrV6::new(Ipv6Addr::LOCALHOST, 80, 0, 0);
    let error = hash(&Rc::new(Box::new(Arc::new(address)))).unwrap_err();
    assert!(error.is_unhashable() && error.to_string().contains("SocketAddrV6"), "{error}");
    assert!(hash(&Rc::new(Box::new(Arc::new(1u8..=2)))).unwrap_err().is_unhashable());
    // In a `SocketAddr` it is a field, which has a type of its own.
    let any = SocketAddr::V6(address);
    assert_eq!(key(&Rc::new(Box::new(Arc::new(any)))), key(&any));
}

/// An empty range that was never iterated is not one at its end.
#[test]
fn empty_ranges() {
    all_differ(&[RangeInclusive::new(2u8, 1), 1..=2, 1..=1]);
}

#[test]
fn bits_of_floats() {
    let nan = |payload: u64| f64::from_bits(0x7ff0_0000_0000_0000 | payload);
    all_differ(&[0.0, -0.0, nan(1), nan(2), nan(1 << 51), -nan(1)]);
    all_differ(&[0.0f32, -0.0, f32::from_bits(0x7f80_0001), f32::from_bits(0x7fc0_0000)]);
}

#[test]
fn times_before_the_epoch_have_no_key() {
    let time = std::time::UNIX_EPOCH.checked_sub(std::time::Duration::from_secs(1)).unwrap();
    assert!(hash(&time).unwrap_err().is_unhashable());
}
