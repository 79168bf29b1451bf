//! What types must be so that merging blocks of iterations gives the result of the plain loop.

/// Numbers, whose sums and products do not depend on what comes first.
#[diagnostic::on_unimplemented(
    message = "a sum or product of `{Self}`s may depend on what comes first",
    label = "write the accumulator first, as in `s = s + e`, or `reduce(with(merge, init) = s)`"
)]
pub trait Commutes {}

macro_rules! commute {
    ($($number:ty),*) => { $(impl Commutes for $number {})* };
}

commute!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, bool);

impl<T: Commutes> Commutes for std::num::Wrapping<T> {}
#[cfg(feature = "num-complex")]
impl<T: Commutes> Commutes for num_complex::Complex<T> {}

/// Numbers that have negatives, or wrap around: a block may subtract before it knows what from.
#[diagnostic::on_unimplemented(
    message = "a block of iterations cannot subtract from a `{Self}`: it may have no negatives",
    label = "add up what is subtracted, `reduce(+ = ..)`, and subtract it after the loop"
)]
pub trait Subtracts {}

macro_rules! subtract {
    ($($number:ty),*) => { $(impl Subtracts for $number {})* };
}

subtract!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64);

impl<T> Subtracts for std::num::Wrapping<T> {}
#[cfg(feature = "num-complex")]
impl<T: Subtracts> Subtracts for num_complex::Complex<T> {}

/// Values of which any two can be compared, except for floats that are NaN: then the extremes of blocks give
/// those of the loop.
#[diagnostic::on_unimplemented(
    message = "extremes of `{Self}`s may depend on where a block begins: they are not `Ord`, nor floats",
    label = "implement `Ord`, reduce a number that stands for it, or write `with(merge, init)`"
)]
pub trait Ordered<By> {}

/// By `Ord`.
#[derive(Debug)]
pub enum ByOrd {}
/// By the comparisons of floats.
#[derive(Debug)]
pub enum ByFloat {}

#[diagnostic::do_not_recommend]
impl<T: Ord> Ordered<ByOrd> for T {}
impl Ordered<ByFloat> for f32 {}
impl Ordered<ByFloat> for f64 {}

/// Values for which a function named `max` or `min`, whoever wrote it, is taken to be std's.
#[diagnostic::on_unimplemented(
    message = "a function of this name may treat `{Self}`s in its own way, and extremes then depend on where a block begins",
    label = "write a method, as in `m = m.max(e)`, or its path, as in `m = f64::max(m, e)`"
)]
pub trait TotallyOrdered {}

#[diagnostic::do_not_recommend]
impl<T: Ord> TotallyOrdered for T {}
