//! Other types of the standard library: times, addresses, ranges.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::ops::{Bound, Range, RangeFrom, RangeInclusive, RangeTo};
use std::time::{Duration, SystemTime};

use super::leaf::leaf;
use crate::{Random, Sample, Walk};

leaf! {
    Duration: Duration::ZERO, |random| match random.below(3) {
        0 => Duration::MAX,
        1 => Duration::from_secs(random.bits() % 100),
        _ => Duration::from_nanos(random.bits()),
    };
    // Every system has nothing finer than 100 ns.
    SystemTime: SystemTime::UNIX_EPOCH, |random| {
        SystemTime::UNIX_EPOCH + Duration::from_nanos(random.bits() % (1 << 62) / 100 * 100)
    };
    Ipv4Addr: Ipv4Addr::UNSPECIFIED, |random| (random.bits() as u32).into();
    Ipv6Addr: Ipv6Addr::UNSPECIFIED, |random| u128::make(random).into();
    IpAddr: IpAddr::V4(Ipv4Addr::UNSPECIFIED), |random| {
        if random.percent(50) { Ipv4Addr::make(random).into() } else { Ipv6Addr::make(random).into() }
    };
    // serde leaves out flow information and scope.
    SocketAddrV6: SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, 0, 0, 0), |random| {
        SocketAddrV6::new(Ipv6Addr::make(random), u16::make(random), 0, 0)
    };
    SocketAddr: SocketAddr::new(IpAddr::plain(), 0), |random| {
        SocketAddr::new(IpAddr::make(random), u16::make(random))
    };
}

macro_rules! ranges {
    ($($type:ident: $($part:ident)+, $new:expr, $start:ident;)*) => {$(
        impl<T: Sample> Sample for $type<T> {
            fn make(random: &mut Random) -> Self {
                $new($(T::$part(random)),+)
            }
            fn plain() -> Self {
                $new($({ let $part = T::plain; $part() }),+)
            }
            fn again(&self) -> Self {
                self.map_ends(T::again)
            }
            fn same(&self, other: &Self) -> bool {
                self.ends().iter().zip(other.ends()).all(|(one, other)| one.same(other))
            }
            fn walk(&mut self, walk: &mut Walk) {
                let mut ends: Vec<T> = self.ends().into_iter().map(T::again).collect();
                walk.elements(ends.iter_mut());
                let mut ends = ends.into_iter();
                *self = self.map_ends(|end| ends.next().unwrap_or_else(|| end.again()));
            }
        }
    )*};
}

trait Ends<T> {
    fn ends(&self) -> Vec<&T>;
    fn map_ends(&self, change: impl FnMut(&T) -> T) -> Self;
}

impl<T> Ends<T> for Range<T> {
    fn ends(&self) -> Vec<&T> {
        vec![&self.start, &self.end]
    }
    fn map_ends(&self, mut change: impl FnMut(&T) -> T) -> Self {
        change(&self.start)..change(&self.end)
    }
}

impl<T> Ends<T> for RangeInclusive<T> {
    fn ends(&self) -> Vec<&T> {
        vec![self.start(), self.end()]
    }
    fn map_ends(&self, mut change: impl FnMut(&T) -> T) -> Self {
        change(self.start())..=change(self.end())
    }
}

impl<T> Ends<T> for RangeFrom<T> {
    fn ends(&self) -> Vec<&T> {
        vec![&self.start]
    }
    fn map_ends(&self, mut change: impl FnMut(&T) -> T) -> Self {
        change(&self.start)..
    }
}

impl<T> Ends<T> for RangeTo<T> {
    fn ends(&self) -> Vec<&T> {
        vec![&self.end]
    }
    fn map_ends(&self, mut change: impl FnMut(&T) -> T) -> Self {
        ..change(&self.end)
    }
}

ranges! {
    Range: make make, |start, end| start..end, start;
    RangeInclusive: make make, |start, end| start..=end, start;
    RangeFrom: make, |start| start.., start;
    RangeTo: make, |end| ..end, end;
}

impl<T: Sample> Sample for Bound<T> {
    fn make(random: &mut Random) -> Self {
        match random.below(3) {
            0 => Bound::Unbounded,
            1 => Bound::Included(T::make(random)),
            _ => Bound::Excluded(T::make(random)),
        }
    }
    fn plain() -> Self {
        Bound::Unbounded
    }
    fn again(&self) -> Self {
        self.as_ref().map(T::again)
    }
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Bound::Included(one), Bound::Included(other))
            | (Bound::Excluded(one), Bound::Excluded(other)) => one.same(other),
            (one, other) => matches!((one, other), (Bound::Unbounded, Bound::Unbounded)),
        }
    }
    fn walk(&mut self, walk: &mut Walk) {
        walk.leaf(self, |this, random| {
            *this = match this {
                Bound::Unbounded => Bound::Included(T::make(random)),
                Bound::Included(inner) => Bound::Excluded(inner.again()),
                Bound::Excluded(_) => Bound::Unbounded,
            }
        });
        if let Bound::Included(inner) | Bound::Excluded(inner) = self {
            inner.walk(walk);
        }
    }
}
