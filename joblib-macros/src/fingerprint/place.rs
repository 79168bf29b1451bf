//! Where a token was written.

use proc_macro2::Span;
use std::path::PathBuf;

/// A place in a source file.
pub(super) struct Place {
    pub(super) file: PathBuf,
    /// From 1.
    pub(super) line: u32,
    /// In characters, from 0.
    pub(super) column: u32,
}

impl Place {
    /// Where the token with this span begins; `None` where no file is known, as outside a macro call.
    pub(super) fn of(span: Span) -> Option<Self> {
        // `proc-macro2` could tell, too, but only with a feature that slows down all of the user's other
        // macros.
        let span = proc_macro::is_available().then(|| span.unwrap())?;
        let number = |number: usize| u32::try_from(number).ok();
        let (line, column) = (number(span.line())?, number(span.column())?.checked_sub(1)?);
        Some(Self { file: span.local_file()?, line, column })
    }
}
