//! What crosses threads, and was asked to be `Send` elsewhere.
//!
//! Unsafe, for the compiler is told what it cannot see here. A loop asks for `Send` where the user wrote what
//! has to be it, and only there, so that what is not makes one error, at the user's own expression. Whoever
//! wraps a value says where that was.
#![allow(unsafe_code)]

/// What the participants of a loop share.
#[derive(Debug)]
pub(super) struct Shared<S>(pub(super) S);

// SAFETY: made of sources that may be shared once the values they were made of were sent.
unsafe impl<S> Sync for Shared<S> {}

/// What travels to another thread.
#[derive(Debug)]
pub(super) struct Sent<T>(pub(super) T);

// SAFETY: made of values that are `Send`.
unsafe impl<T> Send for Sent<T> {}
