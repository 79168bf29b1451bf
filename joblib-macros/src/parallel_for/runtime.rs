//! Which part of the runtime a loop's expansion calls: that for threads or that for processes, in which
//! things have the same names.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use crate::root::Root;

/// The module that an expansion calls.
#[derive(Clone)]
pub(crate) struct Runtime {
    root: Root,
    processes: bool,
}

impl Runtime {
    pub(crate) fn new(root: Root, processes: bool) -> Self {
        Runtime { root, processes }
    }

    pub(crate) fn is_of_processes(&self) -> bool {
        self.processes
    }

    /// Its path, with errors in what follows reported at `span`.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        match self.processes {
            true => {
                let private = self.root.private_at(span);
                quote_spanned!(span=> #private::process_for)
            }
            false => self.of_both(span),
        }
    }

    /// The path of what reports a loop's progress.
    pub(crate) fn progress(&self, span: Span) -> TokenStream {
        let private = self.root.private_at(span);
        quote_spanned!(span=> #private::Meter)
    }

    /// The path of what both kinds of loops have in common.
    pub(crate) fn of_both(&self, span: Span) -> TokenStream {
        let private = self.root.private_at(span);
        quote_spanned!(span=> #private::parallel_for)
    }
}
