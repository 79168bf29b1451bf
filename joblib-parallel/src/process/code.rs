//! Naming the code of a task, so that another process of the same program finds it.
//!
//! A task is a function or a closure that captures nothing, so that all there is to it is code. That code is
//! reached by a monomorphic entry function, whose address differs from that of a fixed function by the same
//! distance in every process of the same executable. Its type is zero-sized, so that its value can be made
//! anywhere.
//!
//! Unsafe, for values are made of types, and functions of numbers.

#![allow(unsafe_code)]
#![cfg_attr(
    not(all(unix, feature = "processes")),
    allow(dead_code, reason = "there are no workers to use it")
)]

use std::ptr::NonNull;

/// Does not compile for an `F` that captures something. Each public method asks this first, so that the
/// compiler names the user's call.
pub(crate) const fn captures_nothing<F>() {
    assert!(
        size_of::<F>() == 0,
        "a task for worker processes must not capture anything: pass what it needs in its argument, or to all tasks by `share(..)`"
    );
}

/// Makes the value of a zero-sized type, of which the caller has one.
pub(crate) fn value_of<F: Copy>() -> F {
    // Asked where the caller was given it, and for one error only there.
    assert!(size_of::<F>() == 0);
    // SAFETY: reading no bytes from an aligned address. The type is `Copy` and its user, in this or in the
    // parent process of the same program, has a value of it, of which this is a copy.
    unsafe { NonNull::<F>::dangling().read() }
}

/// The distance of a function, as an address, from the fixed one.
pub(super) fn offset_of(address: usize) -> u64 {
    address.wrapping_sub(anchor as fn() as usize) as u64
}

/// The function at a distance that a process of the same executable computed from it.
///
/// # Safety
///
/// `F` is a type of function pointers, and the distance is that of a function of this type, computed by
/// [`offset_of`] in a process of this executable.
pub(super) unsafe fn function_at<F: Copy>(offset: u64) -> F {
    const { assert!(size_of::<F>() == size_of::<usize>()) };
    let address = address_at(offset) as *const ();
    // SAFETY: a pointer to that very function here, by the caller's promise.
    unsafe { std::mem::transmute_copy(&address) }
}

fn address_at(offset: u64) -> usize {
    (anchor as fn() as usize).wrapping_add(offset as usize)
}

/// The fixed function. Never called; its body keeps it from being merged with another.
#[inline(never)]
fn anchor() {
    std::hint::black_box("joblib worker anchor");
}
