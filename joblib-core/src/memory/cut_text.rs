//! Text that is cut off where it gets too long.

use std::fmt::{self, Debug, Write};

/// Longer texts are cut here, in bytes.
pub(super) const LONGEST: usize = 4096;

/// The `Debug` form of `value`. Most implementations stop when they cannot write, so that a value, however
/// long or deep, takes no more time and stack than its beginning.
pub(crate) fn debug_text<T: Debug + ?Sized>(value: &T) -> String {
    let mut text = CutText::default();
    // Where `Debug` itself fails, what it wrote before is still the best text there is.
    let _ = write!(text, "{value:?}");
    text.finish()
}

#[derive(Default)]
pub(super) struct CutText {
    out: String,
    is_cut: bool,
}

impl CutText {
    /// Ends the text here.
    pub(super) fn cut(&mut self) -> fmt::Error {
        self.is_cut = true;
        fmt::Error
    }

    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    pub(super) fn finish(mut self) -> String {
        if self.is_cut {
            self.out.push_str("...");
        }
        self.out
    }
}

impl Write for CutText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.is_cut {
            return Err(fmt::Error);
        }
        let room = LONGEST.saturating_sub(self.out.len());
        if text.len() <= room {
            self.out.push_str(text);
            return Ok(());
        }
        let end = (0..=room).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        self.out.push_str(&text[..end]);
        Err(self.cut())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_failing_forms_keep_their_beginning() {
        struct Fails;
        impl Debug for Fails {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("begun")?;
                Err(fmt::Error)
            }
        }
        assert_eq!(debug_text(&(1, "é")), "(1, \"é\")");
        assert_eq!(debug_text(&Fails), "begun");
        let long = debug_text(&vec![7u32; 1 << 20]);
        assert!(long.len() == LONGEST + 3 && long.starts_with("[7, 7, ") && long.ends_with("..."));
    }
}
