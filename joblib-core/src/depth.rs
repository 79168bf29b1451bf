//! How deep values may be nested: the same for keys, dumps, stored results and what worker processes are
//! sent.
//!
//! serde goes through a value by recursion, so one that is nested without an end would run out of stack,
//! which no program survives.

use std::fmt;

/// How many containers may be inside each other: structs, sequences, tuples, maps and variants with data, of
/// which those with several fields count twice. As many levels of a struct of a dozen fields fit the 2 MiB
/// that a thread usually has for its stack, without optimisation too.
pub const MAX_DEPTH: usize = 256;

/// How deep in a value the code is that goes through it.
///
/// `Option`s are counted by themselves, for a list can be made of nothing else and another of structs that
/// each hold one: at most as many as containers, the innermost being `None`.
#[derive(Clone, Copy, Debug)]
pub struct Depth {
    containers: u32,
    somes: u32,
    max: u32,
}

impl Depth {
    /// At the top, with room for `max` containers, and for [`MAX_DEPTH`] `Option`s where that is more.
    #[inline]
    #[must_use]
    pub const fn new(max: usize) -> Self {
        // More levels than that are beyond any stack.
        let max = if max < u32::MAX as usize / 2 { max as u32 } else { u32::MAX / 2 };
        Self { containers: 0, somes: 0, max }
    }

    /// How many containers are open.
    #[inline]
    #[must_use]
    pub const fn containers(&self) -> usize {
        self.containers as usize
    }

    /// Opens this many containers.
    ///
    /// # Errors
    ///
    /// If those are more than are allowed.
    #[inline(always)]
    pub fn enter(&mut self, containers: u32) -> Result<(), TooDeep> {
        if self.containers + containers > self.max {
            return Err(TooDeep { max: self.max });
        }
        self.containers += containers;
        Ok(())
    }

    /// Opens this many containers, allowed or not: to be followed by a [`check`](Self::check) before anything
    /// is opened in them.
    #[inline(always)]
    pub fn open(&mut self, containers: u32) {
        self.containers += containers;
    }

    /// Whether there are no more containers than are allowed.
    ///
    /// # Errors
    ///
    /// If there are.
    #[inline(always)]
    pub fn check(&self) -> Result<(), TooDeep> {
        if self.containers > self.max { Err(TooDeep { max: self.max }) } else { Ok(()) }
    }

    /// Closes as many.
    #[inline(always)]
    pub fn leave(&mut self, containers: u32) {
        self.containers -= containers;
    }

    /// Opens a `Some`.
    ///
    /// # Errors
    ///
    /// As for [`enter`](Self::enter).
    #[inline(always)]
    pub fn enter_some(&mut self) -> Result<(), TooDeep> {
        self.somes += 1;
        if self.somes >= MAX_DEPTH as u32 && self.somes >= self.max {
            return Err(TooDeep { max: self.max.max(MAX_DEPTH as u32) });
        }
        Ok(())
    }

    /// Closes it.
    #[inline(always)]
    pub fn leave_some(&mut self) {
        self.somes -= 1;
    }
}

/// A value is nested deeper than the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooDeep {
    max: u32,
}

impl fmt::Display for TooDeep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nested more than {} levels deep", self.max)
    }
}

impl std::error::Error for TooDeep {}
