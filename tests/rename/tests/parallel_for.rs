//! Sources mean in an older edition what they mean there.

#![allow(clippy::unwrap_used, reason = "tests and what they share")]

use std::any::type_name_of_val;

/// The loop over a source has items of the same type, plain and parallel.
macro_rules! same {
    ($($source:tt)+) => {{
        let mut plain = Vec::new();
        for item in $($source)+ {
            plain.push((type_name_of_val(&item), item.clone()));
        }
        let parallel: Vec<_> = jl::parallel! {
            #[crate = "jl", collect, n_jobs = 2]
            for item in $($source)+ {
                (type_name_of_val(&item), item.clone())
            }
        };
        assert_eq!(parallel, plain);
        plain[0].0
    }};
}

#[test]
#[allow(boxed_slice_into_iter, reason = "that is the point")]
fn boxed_slices_lend_their_items_to_into_iter() {
    let boxed = || vec![1_u8, 2, 3].into_boxed_slice();
    let bound = boxed();
    assert_eq!(same!(boxed().into_iter()), "&u8");
    assert_eq!(same!(boxed().into_iter().rev().skip(1)), "&u8");
    assert_eq!(same!(bound.into_iter()), "&u8");
    assert_eq!(same!(boxed()), "u8");
    assert_eq!(same!([1_u8, 2].into_iter().rev()), "u8");
}
