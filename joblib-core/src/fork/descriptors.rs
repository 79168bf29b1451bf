//! Descriptors that a child made by `fork` does not keep.
//!
//! The lock of an open file, and a connection, last until the last descriptor is closed, whoever has it. In a
//! child each of these numbers therefore gets another meaning, a socket that is connected to nothing: it
//! stays open, so that its inherited owner may close it or fail to use it.

#![allow(unsafe_code)]

use super::Process;
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::os::fd::{AsFd, AsRawFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU64, Ordering};

/// A file or socket that this process alone has.
#[derive(Debug)]
pub struct Uninherited<F> {
    /// Before the file, so that a number is taken off the list before another may get it.
    _listed: Listed,
    file: F,
}

impl<F: AsFd> Uninherited<F> {
    /// Children made from now on do not have it.
    pub fn new(file: F) -> Self {
        // For the handlers.
        super::watch();
        Self { _listed: Listed::new(file.as_fd().as_raw_fd()), file }
    }
}

impl<F> Deref for Uninherited<F> {
    type Target = F;

    fn deref(&self) -> &F {
        &self.file
    }
}

/// An entry of the list. It is never freed, because the handler of a fork walks through the list without a
/// lock.
#[derive(Debug)]
struct Place {
    descriptor: AtomicI32,
    /// Which file it was: a program may close descriptors it does not know, and open something else under
    /// that number.
    device: AtomicU64,
    inode: AtomicU64,
    next: *const Place,
}

// SAFETY: `next` never changes, and what it points to is never freed.
unsafe impl Sync for Place {}

const FREE: i32 = -1;
/// Being filled in.
const TAKEN: i32 = -2;

static FIRST: AtomicPtr<Place> = AtomicPtr::new(ptr::null_mut());

fn places() -> impl Iterator<Item = &'static Place> {
    // SAFETY: places are never freed.
    let follow = |place: *const Place| unsafe { place.as_ref() };
    std::iter::successors(follow(FIRST.load(Ordering::Acquire)), move |place| follow(place.next))
}

#[derive(Debug)]
struct Listed {
    place: &'static Place,
    by: Process,
}

impl Listed {
    fn new(descriptor: i32) -> Self {
        let take = |place: &&Place| {
            place.descriptor.compare_exchange(FREE, TAKEN, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        };
        let place = places().find(take).unwrap_or_else(Place::add);
        if let Some([device, inode]) = identity(descriptor) {
            place.device.store(device, Ordering::Relaxed);
            place.inode.store(inode, Ordering::Relaxed);
            place.descriptor.store(descriptor, Ordering::Release);
        }
        Self { place, by: Process::current() }
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        // In a child the place has been given up, and may be another's.
        if self.by.is_current() {
            self.place.descriptor.store(FREE, Ordering::Relaxed);
        }
    }
}

impl Place {
    /// A new one at the front of the list.
    fn add() -> &'static Self {
        let mut next = FIRST.load(Ordering::Acquire);
        let (descriptor, [device, inode]) = (AtomicI32::new(TAKEN), [const { AtomicU64::new(0) }; 2]);
        let place = Box::leak(Box::new(Place { descriptor, device, inode, next }));
        while let Err(now) = FIRST.compare_exchange(next, place, Ordering::AcqRel, Ordering::Acquire) {
            next = now;
            place.next = next;
        }
        place
    }
}

/// Device and inode of an open file. A system call that is allowed in a child.
fn identity(descriptor: i32) -> Option<[u64; 2]> {
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: fills `stat`, or fails.
    let stat = unsafe { (libc::fstat(descriptor, stat.as_mut_ptr()) == 0).then(|| stat.assume_init())? };
    Some([stat.st_dev as u64, stat.st_ino as u64])
}

/// In a child: the listed descriptors lose their files. Nothing but system calls that are allowed there.
#[cfg(not(any(loom, miri)))]
pub(super) fn sever() {
    // SAFETY: makes a descriptor, or fails.
    let socket = || unsafe { libc::socket(libc::AF_UNIX, libc::SOCK_STREAM, 0) };
    let mut nothing = socket();
    let mut is_listed = false;
    for place in places() {
        let descriptor = place.descriptor.swap(FREE, Ordering::Acquire);
        let listed = [place.device.load(Ordering::Relaxed), place.inode.load(Ordering::Relaxed)];
        if descriptor >= 0 && identity(descriptor) == Some(listed) {
            // SAFETY: the number belongs to a file that is listed, whose owner uses it for nothing but system
            // calls.
            unsafe {
                if nothing < 0 {
                    // No number was free: now this one is.
                    libc::close(descriptor);
                    nothing = socket();
                    is_listed = nothing == descriptor;
                }
                if nothing >= 0 && nothing != descriptor {
                    libc::dup2(nothing, descriptor);
                }
                libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC);
            }
        }
    }
    if nothing >= 0 && !is_listed {
        // SAFETY: made above, and nobody else's.
        unsafe { libc::close(nothing) };
    }
}
