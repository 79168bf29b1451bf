//! A loop that is an expression collects its values in loop order.

use std::collections::HashMap;

use joblib::{parallel, parallel_for};

#[test]
#[parallel_for]
fn into_collections() {
    let xs: Vec<u32> = (0..500).collect();
    let squares: Vec<u32> = #[parallel_for]
    for x in &xs {
        x * x
    };
    assert_eq!(squares, xs.iter().map(|x| x * x).collect::<Vec<_>>());
    let odd: Vec<u32> = #[parallel_for(n_jobs = 3)]
    for x in &xs {
        if x % 2 == 0 {
            continue;
        }
        *x
    };
    assert_eq!(odd, xs.iter().copied().filter(|x| x % 2 == 1).collect::<Vec<_>>());
    let lengths: HashMap<String, usize> = #[parallel_for]
    for x in &xs {
        (x.to_string(), x.to_string().len())
    };
    assert_eq!(lengths["123"], 3);
    let text: String = #[parallel_for]
    for x in xs.iter().take(5) {
        x.to_string()
    };
    assert_eq!(text, "01234");
    let array: [u32; 4] = #[parallel_for]
    for i in 0..4 {
        i * 2
    };
    assert_eq!(array, [0, 2, 4, 6]);
    let parsed: Result<Vec<u32>, std::num::ParseIntError> = #[parallel_for]
    for word in ["1", "x", "3", ""] {
        word.parse::<u32>()
    };
    assert_eq!(parsed, "x".parse::<u32>().map(|_| Vec::new()));
    let none: Option<Vec<u32>> = #[parallel_for]
    for x in &xs {
        x.checked_sub(1)
    };
    assert_eq!(none, None);
}

#[test]
fn as_the_end_of_a_function() {
    #[parallel_for]
    fn labels(n: usize) -> Vec<String> {
        for i in 0..n {
            format!("<{i}>")
        }
    }
    assert_eq!(labels(3), ["<0>", "<1>", "<2>"]);
}

#[test]
fn in_the_middle_of_an_expression() {
    fn total(lengths: Vec<usize>) -> usize {
        lengths.iter().sum()
    }
    assert_eq!(total(parallel! { for word in "to be or not".split(' ') { word.len() } }), 9);
}

#[test]
fn collapsed_loops_collect_what_is_not_skipped() {
    let (rows, cols) = ([1_i64, 2, 3], [10_i64, 20]);
    let products: Vec<i64> = joblib::parallel! {
        #[collapse = 2, collect]
        for x in &rows {
            for y in &cols {
                if *x == 2 {
                    continue;
                }
                x * y
            }
        }
    };
    assert_eq!(products, [10, 20, 30, 60]);
}

#[test]
fn a_loop_too_long_for_its_values_collects_those_before_its_break() {
    #[parallel_for]
    fn squares(limit: usize) -> Vec<usize> {
        for i in 0..usize::MAX - 1 {
            if i == limit {
                break;
            }
            i * i
        }
    }
    for limit in [0, 10, 10_000] {
        assert_eq!(squares(limit), (0..limit).map(|i| i * i).collect::<Vec<_>>());
    }
}

#[test]
fn memory_reserved_for_iterations_that_never_ran_is_given_back() {
    #[parallel_for]
    fn first(limit: usize) -> Vec<usize> {
        for i in 0..1_000_000 {
            if i == limit {
                break;
            }
            i
        }
    }
    let values = first(100);
    assert_eq!(values, (0..100).collect::<Vec<_>>());
    assert!(values.capacity() < 1000);
}
