//! What the function stands in. An attribute is not told, but the source file says.
//!
//! A method of a trait impl can have no companions beside it, an associated function no type of its name.

use super::scan::{self, Block, Kind};
use proc_macro2::Span;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;

/// The block around this place, where the source can be read.
pub(super) fn around(span: Span) -> Option<Kind> {
    let file = span.unwrap().local_file()?;
    let file = File::read(file)?;
    let start = span.start();
    let at = file.offset(start.line, start.column)?;
    let inside = |block: &&Block| block.open < at && at < block.close;
    Some(file.blocks.iter().rfind(inside).map_or(Kind::Other, |block| block.kind))
}

struct File {
    source: String,
    blocks: Vec<Block>,
    lines: Vec<usize>,
}

impl File {
    /// Each file is read once.
    fn read(path: PathBuf) -> Option<Rc<Self>> {
        thread_local!(static KNOWN: RefCell<HashMap<PathBuf, Option<Rc<File>>>> = RefCell::default());
        KNOWN.with_borrow_mut(|known| {
            known
                .entry(path)
                .or_insert_with_key(|path| {
                    let source = std::fs::read_to_string(path).ok()?;
                    let ends =
                        source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
                    let lines = std::iter::once(0).chain(ends).collect();
                    Some(Rc::new(File { blocks: scan::blocks(&source), lines, source }))
                })
                .clone()
        })
    }

    /// Lines count from one, columns are characters from zero.
    fn offset(&self, line: usize, column: usize) -> Option<usize> {
        let start = *self.lines.get(line.checked_sub(1)?)?;
        let (offset, _) = self.source[start..].char_indices().nth(column)?;
        Some(start + offset)
    }
}
