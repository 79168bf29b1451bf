//! Whether a body has to note which iteration it is in, for whoever asks for a random stream: that costs a
//! store each time, and vectorisation where the compiler cannot move the store out of the loop.
//!
//! A body that only calls what std offers under these names asks for none.

use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprCall, ExprMethodCall, Macro};

use super::forms::bare;
use super::macro_input;
use super::methods;
use super::quiet::{NUMBERS, is_constructor};

/// Whether something in `body` may ask.
pub(crate) fn may_be_asked_for(body: &Block) -> bool {
    let mut calls = Calls { unknown: false };
    calls.visit_block(body);
    calls.unknown
}

struct Calls {
    unknown: bool,
}

impl Visit<'_> for Calls {
    fn visit_expr_call(&mut self, call: &ExprCall) {
        self.unknown |= !is_of_std(bare(&call.func));
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &ExprMethodCall) {
        self.unknown |= !methods::is_of_values(&call.method);
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, mac: &Macro) {
        match macro_input::arguments(mac) {
            Some(arguments) => arguments.iter().for_each(|argument| self.visit_expr(argument)),
            None => self.unknown = true,
        }
    }

    fn visit_item(&mut self, _item: &syn::Item) {}
}

/// A constructor, a function of a number type, or one by its path in std.
fn is_of_std(function: &Expr) -> bool {
    let Expr::Path(path) = function else { return false };
    let names: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    match names.as_slice() {
        _ if is_constructor(&path.path) => true,
        [number, _] => NUMBERS.contains(&number.as_str()),
        [root, ..] => ["std", "core", "alloc"].contains(&root.as_str()),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn asked(body: proc_macro2::TokenStream) -> bool {
        may_be_asked_for(&syn::parse2(body).expect("a block"))
    }

    #[test]
    fn only_what_std_has_asks_for_nothing() {
        assert!(!asked(quote!({
            *x = *x * 1.5 + y[i];
            s += i64::from(n.pow(2)).abs();
        })));
        assert!(!asked(quote!({
            if x.is_nan() {
                return Err("nan".into());
            }
            list.push(Some((x, 1)));
            assert!(x > 3.0, "{x}");
        })));
        assert!(asked(quote!({
            s += work(x);
        })));
        assert!(asked(quote!({
            s += x.work();
        })));
        assert!(asked(quote!({
            s += xs.iter().map(work).sum::<u64>();
        })));
        assert!(asked(quote!({
            let x = draw!(3);
        })));
        assert!(asked(quote!({
            println!("{}", draw(3));
        })));
    }
}
