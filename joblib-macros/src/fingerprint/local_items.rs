//! The items in a function's blocks: its names can mean these, although no path of the crate leads there.

use super::items::{end_of_item, end_of_statement, ends_head, first_word};
use super::token::Tokens;
use crate::std_macros::gives;
use std::collections::HashSet;
use std::ops::Range;

/// An item directly in a block of a function.
pub(super) struct LocalItem<'t> {
    pub(super) tokens: Range<usize>,
    /// The names by which code can mean it; none for what any code may mean.
    names: Vec<&'t str>,
}

impl LocalItem<'_> {
    pub(super) fn is_meant(&self, words: &HashSet<&str>) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| words.contains(name))
    }
}

/// All of them.
pub(super) fn local_items(tokens: &Tokens, block: Range<usize>) -> Vec<LocalItem<'_>> {
    let mut items = Vec::new();
    let mut at = block.start;
    while at < block.end {
        match local_item(tokens, at, block.end) {
            Some(item) => {
                at = item.tokens.end.max(at + 1);
                items.push(item);
            }
            // A statement: skip to its end.
            None => {
                let ends = |&at: &usize| tokens.is_punct(at, ';') || ends_head(tokens, at);
                at = tokens.trees(at..block.end).find(ends).map_or(block.end, |at| tokens.after(at));
            }
        }
    }
    items
}

fn local_item(tokens: &Tokens, start: usize, end: usize) -> Option<LocalItem<'_>> {
    let word = first_word(tokens, start);
    let name = |at: usize| tokens.ident(at).into_iter().collect::<Vec<_>>();
    let (close, names) = match tokens.ident(word)? {
        "fn" | "mod" | "struct" | "union" => (end_of_item(tokens, word, end)?.0, name(word + 1)),
        "enum" | "trait" => {
            let (close, _) = end_of_item(tokens, word, end)?;
            // Reached through its variants and methods, too.
            (close, (word + 1..close).filter_map(|at| tokens.ident(at)).collect())
        }
        "const" | "static" | "type" if tokens.ident(word + 1).is_some() => {
            let at = word + 1 + usize::from(tokens.is_ident(word + 1, "mut"));
            let names = if tokens.is_ident(at, "_") { Vec::new() } else { name(at) };
            (end_of_statement(tokens, word, end), names)
        }
        "use" | "extern" => (end_of_statement(tokens, word, end), Vec::new()),
        "impl" => {
            let (close, body) = end_of_item(tokens, word, end)?;
            let body = body?;
            // Reached through the names in its header, and through what it defines.
            let defined = body
                .clone()
                .filter(|&at| ["fn", "const", "type"].iter().any(|word| tokens.is_ident(at - 1, word)));
            (close, (word + 1..body.start).chain(defined).filter_map(|at| tokens.ident(at)).collect())
        }
        "macro_rules" => (tokens.after(word + 3), name(word + 2)),
        other => {
            // A call of a macro may make any item.
            let mut bang = word + 1;
            while tokens.is_path_sign(bang) && tokens.ident(bang + 2).is_some() {
                bang += 3;
            }
            if !tokens.is_punct(bang, '!') || gives(other).is_some() {
                return None;
            }
            (tokens.after(bang + 1), Vec::new())
        }
    };
    Some(LocalItem { tokens: start..close, names })
}
