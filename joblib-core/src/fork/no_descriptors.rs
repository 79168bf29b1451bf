//! Where processes do not fork, files are this process's own.

use std::ops::Deref;

/// A file that this process alone has.
#[derive(Debug)]
pub struct Uninherited<F>(F);

impl<F> Uninherited<F> {
    /// This file.
    pub fn new(file: F) -> Self {
        Self(file)
    }
}

impl<F> Deref for Uninherited<F> {
    type Target = F;

    fn deref(&self) -> &F {
        &self.0
    }
}
