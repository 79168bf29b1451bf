//! What serde leaves out of some values of the standard library.

use super::names::{self, is_worth_a_look};
use std::any::{TypeId, type_name};
use std::cell::RefCell;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::ops::RangeInclusive;
use std::rc::Rc;
use std::sync::{Arc, Mutex, RwLock};

/// Something that a value's `Serialize` leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsaid {
    /// Parts of a `SocketAddrV6`, not both zero.
    Address {
        /// Flow information.
        flowinfo: u32,
        /// The scope, which formats for humans to read do tell.
        scope_id: u32,
    },
    /// That a `RangeInclusive` has been iterated to its end.
    Spent,
    /// Whatever the value of this type leaves out: it is behind pointers that are not known here.
    Hidden(&'static str),
}

/// What `value`'s `Serialize` leaves out, also where `value` is a pointer, through which serde looks without
/// telling.
#[inline(always)]
pub fn of<T: ?Sized>(value: &T) -> Option<Unsaid> {
    look_at(value, partial)
}

/// As [`of`], in a format for humans to read: there a `SocketAddr` is a text, and does not hand on what it
/// holds.
#[inline(always)]
pub fn in_text<T: ?Sized>(value: &T) -> Option<Unsaid> {
    look_at(value, partial_in_text)
}

#[inline(always)]
fn look_at<T: ?Sized>(value: &T, partial: fn(&'static str) -> Option<&'static str>) -> Option<Unsaid> {
    if !is_worth_a_look::<T>() {
        return None;
    }
    let name = names::find(type_name::<T>(), partial)?;
    // SAFETY: the pointer is to a `T`, whose id this is.
    #[allow(unsafe_code)]
    unsafe {
        look(name, typeid::of::<T>(), (&raw const *value).cast())
    }
}

fn partial(name: &'static str) -> Option<&'static str> {
    let ranges = type_name::<RangeInclusive<()>>().strip_suffix("()>")?;
    (name.starts_with(type_name::<SocketAddrV6>()) || name.starts_with(ranges)).then_some(name)
}

fn partial_in_text(name: &'static str) -> Option<&'static str> {
    let address =
        name.starts_with(type_name::<SocketAddr>()) && !name.starts_with(type_name::<SocketAddrV4>());
    if address { Some(name) } else { partial(name) }
}

/// # Safety
///
/// `at` points to a value of the type that `id` is of.
#[cold]
#[allow(unsafe_code)]
unsafe fn look(name: &'static str, id: TypeId, at: *const ()) -> Option<Unsaid> {
    macro_rules! look {
        ($($ty:ty),*) => {$(
            if name.starts_with(type_name::<$ty>()) {
                // SAFETY: the caller's promise.
                return unsafe { look_by(&ways::<$ty>(), type_name::<$ty>(), id, at) };
            }
        )*};
    }
    look!(SocketAddrV6, SocketAddr);
    // Ranges of nothing else can be iterated.
    macro_rules! ranges {
        ($($ty:ty),*) => { look!($(RangeInclusive<$ty>),*); };
    }
    ranges!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, char, Ipv4Addr, Ipv6Addr);
    None
}

/// # Safety
///
/// As [`look`].
#[allow(unsafe_code)]
unsafe fn look_by(ways: &[[Way; 4]], name: &'static str, id: TypeId, at: *const ()) -> Option<Unsaid> {
    let Some(way) = ways.as_flattened().iter().find(|way| way.id == id) else {
        return Some(Unsaid::Hidden(name));
    };
    // SAFETY: it is a value of the way's type; `pointing` promises the pointers, and what is behind them.
    unsafe {
        let behind = (0..way.pointers).fold(at, |at, _| at.cast::<*const ()>().read());
        (way.unsaid)(behind)
    }
}

/// How to get from a value of a type to what it says: through so many thin pointers, then by this function.
struct Way {
    id: TypeId,
    pointers: u8,
    unsaid: unsafe fn(*const ()) -> Option<Unsaid>,
}

/// A type, what serde looks through to it, and how to do so.
fn ways<P: Partial + 'static>() -> [[Way; 4]; 11] {
    [
        whole::<P>(),
        pointer::<&'static mut P, P>(),
        pointer::<Box<P>, P>(),
        whole::<Rc<P>>(),
        whole::<Arc<P>>(),
        whole::<RefCell<P>>(),
        whole::<Mutex<P>>(),
        whole::<RwLock<P>>(),
        whole::<Rc<RefCell<P>>>(),
        whole::<Arc<Mutex<P>>>(),
        whole::<Arc<RwLock<P>>>(),
    ]
}

/// A type and references to it, as elements and fields are handed over.
fn whole<P: Partial + 'static>() -> [Way; 4] {
    pointing::<P, P>(0)
}

/// As [`whole`], of a type that is one thin pointer to a `P`.
fn pointer<T: 'static, P: Partial + 'static>() -> [Way; 4] {
    pointing::<T, P>(1)
}

/// `T` is `pointers` thin pointers to a `P`, one behind the other.
fn pointing<T: 'static, P: Partial + 'static>(pointers: u8) -> [Way; 4] {
    let way = |id, references| Way { id, pointers: pointers + references, unsaid: unsaid_at::<P> };
    [
        way(TypeId::of::<T>(), 0),
        way(TypeId::of::<&'static T>(), 1),
        way(TypeId::of::<&'static &'static T>(), 2),
        way(TypeId::of::<&'static &'static &'static T>(), 3),
    ]
}

/// # Safety
///
/// `at` points to a `P`.
#[allow(unsafe_code)]
unsafe fn unsaid_at<P: Partial>(at: *const ()) -> Option<Unsaid> {
    // SAFETY: the caller's promise.
    unsafe { &*at.cast::<P>() }.unsaid()
}

trait Partial {
    fn unsaid(&self) -> Option<Unsaid>;
}

impl Partial for SocketAddrV6 {
    fn unsaid(&self) -> Option<Unsaid> {
        let (flowinfo, scope_id) = (self.flowinfo(), self.scope_id());
        (flowinfo != 0 || scope_id != 0).then_some(Unsaid::Address { flowinfo, scope_id })
    }
}

impl Partial for SocketAddr {
    fn unsaid(&self) -> Option<Unsaid> {
        match self {
            SocketAddr::V4(_) => None,
            SocketAddr::V6(address) => address.unsaid(),
        }
    }
}

impl<X: PartialOrd> Partial for RangeInclusive<X> {
    fn unsaid(&self) -> Option<Unsaid> {
        (self.is_empty() && self.start() <= self.end()).then_some(Unsaid::Spent)
    }
}

// What is locked or poisoned `Serialize` refuses by itself.
impl<P: Partial> Partial for RefCell<P> {
    fn unsaid(&self) -> Option<Unsaid> {
        self.try_borrow().ok()?.unsaid()
    }
}

impl<P: Partial> Partial for Mutex<P> {
    fn unsaid(&self) -> Option<Unsaid> {
        self.lock().ok()?.unsaid()
    }
}

impl<P: Partial> Partial for RwLock<P> {
    fn unsaid(&self) -> Option<Unsaid> {
        self.read().ok()?.unsaid()
    }
}

impl<P: Partial> Partial for Rc<P> {
    fn unsaid(&self) -> Option<Unsaid> {
        (**self).unsaid()
    }
}

impl<P: Partial> Partial for Arc<P> {
    fn unsaid(&self) -> Option<Unsaid> {
        (**self).unsaid()
    }
}
