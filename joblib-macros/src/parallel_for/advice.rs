//! What to write instead if an accumulator is used for anything but an update by its operator.

use quote::ToTokens;
use syn::{BinOp, Ident};

use super::reduction::Operator;

/// The updates of an operator, as examples.
fn updates(operator: &Operator, name: &Ident) -> String {
    match operator {
        Operator::Sum => format!("`{name} += ..`, `{name} -= ..`"),
        Operator::Product => format!("`{name} *= ..`"),
        Operator::BitAnd => format!("`{name} &= ..`"),
        Operator::BitOr => format!("`{name} |= ..`"),
        Operator::BitXor => format!("`{name} ^= ..`"),
        Operator::And => format!("`{name} &= ..`, `{name} = false`"),
        Operator::Or => format!("`{name} |= ..`, `{name} = true`"),
        Operator::Max => format!("`{name} = {name}.max(..)`, `if x > {name} {{ {name} = x }}`"),
        Operator::Min => format!("`{name} = {name}.min(..)`, `if x < {name} {{ {name} = x }}`"),
        Operator::ArgMax => format!("`if x > {name} {{ {name} = x; .. }}`"),
        Operator::ArgMin => format!("`if x < {name} {{ {name} = x; .. }}`"),
        Operator::First => {
            format!("`{name}.get_or_insert(..)`, `if {name}.is_none() {{ {name} = Some(..) }}`")
        }
        Operator::Last => format!("`{name} = ..`"),
        Operator::With(_) => {
            format!("statements that change it, like `{name}.push(..);` or `{name}[i] += ..;`")
        }
    }
}

/// It is used for something other than an update.
pub(crate) fn read(operator: &Operator, name: &Ident) -> String {
    let other = match operator {
        Operator::Max | Operator::Min => {
            format!(", or `argmax({name}) = at`, `argmin({name}) = at` for what belongs to it")
        }
        Operator::With(_) => ", or give it to a function, as in `update(&mut .., x);`".to_owned(),
        _ => String::new(),
    };
    format!(
        "`{name}` is reduced by `{operator}`: its value so far is not known inside of the loop, whose \
         iterations run at once. It can only be updated, by {}{other}; read it after the loop, or leave out \
         `#[parallel_for]`",
        updates(operator, name)
    )
}

/// What changes together with an extreme value.
pub(crate) fn together(operator: &Operator, name: &Ident, others: &[&Ident]) -> String {
    let arg = if matches!(operator, Operator::Max) { "argmax" } else { "argmin" };
    let entries: Vec<String> = others.iter().map(|other| format!("{arg}({name}) = {other}")).collect();
    let names: Vec<String> = others.iter().map(|other| format!("`{other}`")).collect();
    format!(
        "{} changes together with `{name}`: write `reduce({})` for them, in the place of `{operator}`",
        names.join(", "),
        entries.join(", ")
    )
}

/// A loop inside that reduces what belongs to an extreme value, too.
pub(crate) fn nested_arg(operator: &Operator, name: &Ident) -> String {
    format!(
        "`{name}` and what belongs to it are reduced by the loop around already: leave out this loop's \
         `#[parallel_for]`, or its `{operator}`"
    )
}

/// It is moved into a closure.
pub(crate) fn moved(name: &Ident) -> String {
    format!(
        "`move` takes `{name}` away from the loop that reduces it: leave `move` out, and move copies of what \
         else is needed"
    )
}

/// What is left before the accumulator is used, after it was taken.
pub(crate) fn left_with(name: &Ident) -> String {
    format!("this may leave while the value of `{name}` is taken: give it a name by a `let` before")
}

/// Nothing in the body is seen to update it.
pub(crate) fn unseen(operator: &Operator, name: &Ident) -> String {
    format!(
        "how `{name}` is updated is not seen: by {}, outside of macros, so that blocks can be merged by the \
         same comparison",
        updates(operator, name)
    )
}

/// Whether it overflows depends on all iterations before.
pub(crate) fn checked(name: &Ident, method: &Ident) -> String {
    format!(
        "whether `{name}.{method}(..)` overflows depends on all iterations before, which are not known \
         inside of the loop: accumulate in a wider type, as `i128`, and convert after the loop"
    )
}

/// It gets a value that does not depend on the one it has.
pub(crate) fn overwritten(operator: &Operator, name: &Ident) -> String {
    format!(
        "`{name}` is reduced by `{operator}`, and this overwrites it: update it by {}, or name it in \
         `reduce(last = {name})` to keep what the last iteration assigns",
        updates(operator, name)
    )
}

/// It is updated by an operator of another reduction.
pub(crate) fn wrong_operator(operator: &Operator, name: &Ident, update: &BinOp) -> String {
    let update = update.to_token_stream().to_string();
    let instead = match update.as_str() {
        "+=" | "-=" => format!("reduce(+ = {name})"),
        "*=" => format!("reduce(* = {name})"),
        "&=" => format!("reduce(& = {name})"),
        "|=" => format!("reduce(| = {name})"),
        "^=" => format!("reduce(^ = {name})"),
        "/=" => {
            return format!(
                "`{name}` is reduced by `{operator}`, and parts of a loop cannot be divided by one another: \
                 multiply the divisors up in a variable of their own, `reduce(* = ..)`, and divide after the \
                 loop"
            );
        }
        _ => {
            return format!(
                "`{name}` is reduced by `{operator}`, not by `{update}`, of which parts of a loop cannot be \
                 put together: leave out `#[parallel_for]`, or write `reduce(with(merge, init) = {name})`"
            );
        }
    };
    format!(
        "`{name}` is reduced by `{operator}`, not by `{update}`: write `{instead}`, or update it by {}",
        updates(operator, name)
    )
}

/// Two updates that would have to be merged in different ways.
pub(crate) fn two_forms(name: &Ident) -> String {
    format!(
        "`{name}` is updated in two ways that are not merged alike, here and above: use one of them, or two \
         variables"
    )
}

/// An extreme value that is computed in an unknown way.
pub(crate) fn no_choice(operator: &Operator, name: &Ident) -> String {
    format!("`{name}` is reduced by `{operator}`: update it by {}", updates(operator, name))
}

/// Something would be evaluated that the plain loop does not evaluate.
pub(crate) fn skipped(operator: &Operator, name: &Ident) -> String {
    let (update, settled) = match operator {
        Operator::And => ("&=", "if !.. { .. = false }"),
        _ => ("|=", "if .. { .. = true }"),
    };
    format!(
        "the plain loop does not evaluate this once `{name}` has decided, and which iteration decides is not \
         known here: write `{name} {update} ..`, which evaluates it in every iteration, or `{}`",
        settled.replacen(".. = ", &format!("{name} = "), 1)
    )
}

/// What belongs to a choice that the plain loop might not make.
pub(crate) fn evaluated_by_chance(name: &Ident) -> String {
    format!(
        "whether this is evaluated depends on the value of `{name}` so far, which is not known inside of the \
         loop: give it a name by a `let` before the `if`"
    )
}
