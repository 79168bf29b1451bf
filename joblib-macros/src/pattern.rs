//! The variables that a pattern binds.

use syn::visit::{self, Visit};
use syn::{Ident, Pat, PatIdent};

/// All of them, and the constants and variants that are spelled like one.
pub(crate) fn names_in(pattern: &Pat) -> Vec<Ident> {
    struct Names(Vec<Ident>);
    impl Visit<'_> for Names {
        fn visit_pat_ident(&mut self, pattern: &PatIdent) {
            self.0.push(pattern.ident.clone());
            visit::visit_pat_ident(self, pattern);
        }
    }
    let mut names = Names(Vec::new());
    names.visit_pat(pattern);
    names.0
}
