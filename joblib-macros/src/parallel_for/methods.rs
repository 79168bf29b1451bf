//! What methods do that have the names of std's and ndarray's. A name is all a macro sees: a method of the
//! user's own with one of these names is taken to do the same.

use syn::Ident;

/// Look at what they are called on, cannot panic, and take no arguments.
#[rustfmt::skip]
const QUIET: &[&str] = &[
    "as_bytes", "as_ref", "as_slice", "as_str", "clone", "is_empty", "is_err", "is_finite", "is_nan",
    "is_none", "is_ok", "is_some", "len", "to_owned", "to_string", "to_vec",
];

/// Look at what they are called on and change nothing.
#[rustfmt::skip]
const LOOKS: &[&str] = &[
    "abs", "abs_diff", "acos", "as_deref", "asin", "atan", "atan2", "axis_chunks_iter", "axis_iter",
    "axis_windows", "bytes", "capacity", "cbrt", "ceil", "chain", "chars", "checked_add", "checked_mul",
    "checked_sub", "chunks", "chunks_exact", "clamp", "cloned", "column", "columns", "contains", "copied",
    "copysign", "cos", "cosh", "count", "count_ones", "diag", "dim", "div_ceil", "div_euclid", "end",
    "enumerate", "exact_chunks", "exp", "exp2", "expect", "first", "floor", "fract", "get", "hypot", "ilog10",
    "ilog2", "index_axis", "indexed_iter", "into_iter", "isqrt", "iter", "keys", "lanes", "last",
    "leading_zeros", "len_of", "ln", "log10", "log2", "max", "min", "mul_add", "ncols", "ndim",
    "next_multiple_of", "next_power_of_two", "nrows", "ok_or", "or", "outer_iter", "pow", "powf", "powi",
    "raw_dim", "rchunks", "rchunks_exact", "recip", "rem_euclid", "rev", "round", "row", "rows",
    "saturating_add", "saturating_mul", "saturating_sub", "shape", "signum", "sin", "sin_cos", "skip",
    "split_at", "sqrt", "start", "step_by", "strides", "t", "take", "tan", "tanh", "to_bits",
    "trailing_zeros", "trunc", "unsigned_abs", "unwrap", "unwrap_or", "unwrap_or_default", "values", "view",
    "windows", "wrapping_add", "wrapping_mul", "wrapping_neg", "wrapping_sub", "zip",
];

/// Change the collections of std's that they are called on. That such a variable is declared `mut` tells them
/// from those of concurrent collections.
#[rustfmt::skip]
const CHANGE_COLLECTIONS: &[&str] = &[
    "append", "clear", "drain", "entry", "extend", "extend_from_slice", "get_mut", "insert", "iter_mut",
    "pop", "push", "push_back", "push_front", "push_str", "remove", "resize", "retain", "sort", "sort_by",
    "sort_unstable", "swap", "truncate",
];

/// Do anything else, but run no code of the user's except what the call gives them.
#[rustfmt::skip]
const OTHERS: &[&str] = &[
    "add_assign", "as_mut", "clone_from", "copy_from_slice", "fill", "get_or_insert", "into", "next",
    "or_default", "or_insert", "reverse", "rotate_left", "rotate_right",
];

/// Give a part of what they are called on, which the next one in a chain changes.
#[rustfmt::skip]
const LEADS: &[&str] = &[
    "and_modify", "as_mut", "chunks_mut", "column_mut", "entry", "enumerate", "expect", "first_mut",
    "get_mut", "index_axis_mut", "iter_mut", "last_mut", "or_default", "or_insert", "or_insert_with",
    "row_mut", "rows_mut", "slice_mut", "unwrap", "values_mut", "view_mut", "zip",
];

/// Remove what is there.
#[rustfmt::skip]
const TAKES_AWAY: &[&str] = &[
    "clear", "dequeue", "drain", "pop", "pop_back", "pop_first", "pop_front", "pop_last", "remove",
    "remove_entry", "replace", "reset", "retain", "split_off", "swap", "swap_remove", "take", "truncate",
];

/// Whether it does nothing but give a value, and cannot panic.
pub(crate) fn is_quiet(method: &Ident) -> bool {
    is_one_of(QUIET, method)
}

/// Whether it changes nothing.
pub(crate) fn looks(method: &Ident) -> bool {
    is_quiet(method) || is_one_of(LOOKS, method)
}

/// Whether it changes a collection of std's.
pub(crate) fn changes_collection(method: &Ident) -> bool {
    is_one_of(CHANGE_COLLECTIONS, method)
}

/// Whether the only code of the user's that runs inside it is what the call gives it.
pub(crate) fn is_of_values(method: &Ident) -> bool {
    looks(method) || changes_collection(method) || is_one_of(OTHERS, method)
}

pub(crate) fn leads(method: &Ident) -> bool {
    is_one_of(LEADS, method)
}

pub(crate) fn takes_away(method: &Ident) -> bool {
    is_one_of(TAKES_AWAY, method)
}

fn is_one_of(names: &[&str], method: &Ident) -> bool {
    names.iter().any(|name| method == name)
}
