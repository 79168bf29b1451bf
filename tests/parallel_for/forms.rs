//! Every form in which a body may update an accumulator, beside the plain loop.
#![allow(clippy::assign_op_pattern, reason = "forms are what this is about")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use joblib::parallel_for;

/// Defines a function twice, plain and with its loop in parallel, and compares what they give for each
/// argument at several numbers of jobs.
macro_rules! as_plain {
    ($($name:ident($xs:ident: $item:ty) -> $result:ty, [$($option:tt)*], $arguments:expr; { $($before:tt)* } for $pattern:pat in $source:expr => $body:block { $($after:tt)* })*) => {$(
        #[test]
        fn $name() {
            #[allow(unused_mut)]
            fn plain($xs: &[$item]) -> $result {
                $($before)*
                for $pattern in $source $body
                $($after)*
            }
            #[parallel_for]
            #[allow(unused_mut)]
            fn parallel($xs: &[$item], jobs: i32) -> $result {
                $($before)*
                #[parallel_for(n_jobs = jobs, $($option)*)]
                for $pattern in $source $body
                $($after)*
            }
            for xs in $arguments {
                let expected = catch_unwind(AssertUnwindSafe(|| plain(&xs)));
                for jobs in [1, 2, 3, 8] {
                    let outcome = catch_unwind(AssertUnwindSafe(|| parallel(&xs, jobs)));
                    match (&outcome, &expected) {
                        (Ok(outcome), Ok(expected)) => assert_eq!(outcome, expected, "{jobs} jobs"),
                        (Err(outcome), Err(expected)) => assert_eq!(text(outcome), text(expected)),
                        _ => panic!("{jobs} jobs: {outcome:?}, not {expected:?}"),
                    }
                }
            }
        }
    )*};
}

fn text(payload: &Box<dyn std::any::Any + Send>) -> String {
    match payload.downcast_ref::<String>() {
        Some(text) => text.clone(),
        None => (*payload.downcast_ref::<&str>().unwrap_or(&"?")).to_owned(),
    }
}

fn add(mut a: Vec<u32>, b: Vec<u32>) -> Vec<u32> {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
    a
}

/// Short and long, with small and large numbers.
fn bytes() -> Vec<Vec<u8>> {
    let mut all = vec![vec![], vec![7], vec![1, 2, 3], vec![200, 50, 5], vec![255; 3]];
    all.push((0..20).map(|i| i % 5).collect());
    all.push((0..60).map(|i| i % 7 / 3).collect());
    all
}

fn signed() -> Vec<Vec<i8>> {
    let mut all =
        vec![vec![], vec![100, -100, 99], vec![-100, 100, 99], vec![100, 27, -50], vec![100, 28, -50]];
    all.push((0..100).map(|i| if i % 2 == 0 { 60 } else { -60 }).collect());
    all.push(vec![-128, 127, 1, -1, 0, 127, -128]);
    all
}

fn floats() -> Vec<Vec<f64>> {
    let nan = f64::NAN;
    vec![
        vec![],
        vec![nan],
        vec![1.5, nan, -2.0, 7.25],
        vec![nan, nan, 3.0],
        (0..400).map(|i| f64::from(i * 7 % 97)).collect(),
    ]
}

as_plain! {
    sums(xs: u8) -> u8, [reduce(+ = s)], bytes();
        { let mut s = 1; } for x in xs => { s += x; } { s }
    sums_of_signed(xs: i8) -> i8, [reduce(+ = s)], signed();
        { let mut s = 0; } for x in xs => { s += *x; } { s }
    sums_from_a_start(xs: i8) -> i8, [reduce(+ = s)], signed();
        { let mut s = -100; } for x in xs => { s = s + x; } { s }
    sums_the_other_way_round(xs: i8) -> i8, [reduce(+ = s)], signed();
        { let mut s = 0_i8; } for &x in xs => { s = x + s; } { s }
    differences(xs: u8) -> u8, [reduce(+ = s)], bytes();
        { let mut s = 100; } for x in xs => { s -= x; } { s }
    sums_and_differences(xs: i8) -> i64, [reduce(+ = s)], signed();
        { let mut s = 0; } for x in xs => { if *x > 0 { s += i64::from(*x) } else { s = s - 3 - i64::from(*x); } } { s }
    branches(xs: i8) -> i64, [reduce(+ = s)], signed();
        { let mut s = 0; } for x in xs => { s = if *x > 0 { s + i64::from(*x) } else { s }; } { s }
    arms(xs: i8) -> i64, [reduce(+ = s)], signed();
        { let mut s = 0_i64; }
        for x in xs => { s = match x { 0 => s, 1..=50 => 1 + s, _ => { let y = i64::from(*x); s + y } }; }
        { s }
    inside(xs: u8) -> usize, [reduce(+ = s)], bytes();
        { let mut s = 0; } for x in xs => { for i in 0..*x { s += usize::from(i); } (0..2).for_each(|i| s += i); } { s }
    shadowed(xs: u8) -> usize, [reduce(+ = s)], bytes();
        { let mut s = 0; } for x in xs => { s += 1; let s = usize::from(*x); assert!(s < 256, "{s}"); } { s }
    wrapping(xs: u8) -> u8, [reduce(+ = s)], bytes();
        { let mut s = 250_u8; } for x in xs => { s = s.wrapping_add(*x); s = x.wrapping_add(s); s = u8::wrapping_sub(s, 3); } { s }
    saturating(xs: u8) -> u8, [reduce(+ = s)], bytes();
        { let mut s = 100_u8; } for x in xs => { s = s.saturating_add(*x); s = s.saturating_sub(2); } { s }
    saturating_signed(xs: i8) -> i8, [reduce(+ = s)], signed();
        { let mut s = 100_i8; } for x in xs => { s = s.saturating_add(*x); } { s }
    products(xs: u8) -> u8, [reduce(* = p)], bytes();
        { let mut p = 1; } for x in xs => { p *= *x; } { p }
    products_from_zero(xs: u8) -> u8, [reduce(* = p)], bytes();
        { let mut p = 0_u8; } for x in xs => { p = x * p; } { p }
    wrapping_products(xs: u8) -> u8, [reduce(* = p)], bytes();
        { let mut p = 3_u8; } for x in xs => { p = p.wrapping_mul(x + 1 - *x / 255); } { p }
    bits(xs: u8) -> (u8, u8, u8), [reduce(& = a, | = o, ^ = x)], bytes();
        { let (mut a, mut o, mut x) = (0x7f, 1, 2); } for y in xs => { a &= y; o = o | y; x = *y ^ x; } { (a, o, x) }
    truths(xs: u8) -> (bool, bool), [reduce(&& = all, || = any)], bytes();
        { let (mut all, mut any) = (true, false); } for x in xs => { all &= *x < 200; any = *x > 40 || any; } { (all, any) }
    truths_that_stop(xs: u8) -> (bool, bool), [reduce(&& = all, || = any)], bytes();
        { let (mut all, mut any) = (true, false); }
        for x in xs => { all = all && *x < 200 && *x != 3; if *x == 4 { any = true; } }
        { (all, any) }
    extremes(xs: u8) -> (u8, u8), [reduce(min = low, max = high)], bytes();
        { let (mut low, mut high) = (9, 9); } for x in xs => { low = low.min(*x); high = std::cmp::max(*x, high); } { (low, high) }
    compared(xs: u8) -> (u8, u8), [reduce(min = low, max = high)], bytes();
        { let (mut low, mut high) = (9, 9); }
        for &x in xs => { if x < low { low = x; } high = if high <= x { x } else { high }; }
        { (low, high) }
    argmax(xs: u8) -> (u8, usize, u8), [reduce(argmax(best) = at, argmax(best) = twice)], bytes();
        { let (mut best, mut at, mut twice) = (2, 99, 0); }
        for (i, x) in xs.iter().enumerate() => { let two = x / 2; if *x > best { best = *x; at = i; twice = two; } }
        { (best, at, twice) }
    argmin_of_the_latest(xs: u8) -> (u8, Option<usize>), [reduce(argmin(best) = at)], bytes();
        { let (mut best, mut at) = (200, None); }
        for (i, x) in xs.iter().enumerate() => { if i % 3 != 1 && best >= *x { at = Some(i); best = *x } }
        { (best, at) }
    last(xs: u8) -> Option<u8>, [reduce(last = v)], bytes();
        { let mut v = None; } for x in xs => { if x % 2 == 1 { v = Some(*x); } } { v }
    first(xs: u8) -> (Option<u8>, Option<u8>, Option<usize>), [reduce(first = v, first = w, first = u)], bytes();
        { let (mut v, mut w, mut u) = (None, None, None); }
        for (i, &x) in xs.iter().enumerate() => {
            if x % 2 == 1 { v.get_or_insert(x); }
            w = w.or((x > 3).then_some(x));
            if x > 4 && u.is_none() && x != 0 { u = Some(i); }
        }
        { (v, w, u) }
    own_types(xs: u8) -> (Vec<u32>, String, HashMap<u8, u8>, Vec<u8>), [reduce(
            with(add, vec![0; 8]) = counts,
            with(|a: String, b: String| a + &b, String::new()) = text,
            with(|mut a: HashMap<u8, u8>, b: HashMap<u8, u8>| { a.extend(b); a }, HashMap::new()) = map,
            with(|mut a: Vec<u8>, b| { a.extend(b); a }, Vec::new()) = list,
        )], bytes();
        {
            fn push(list: &mut Vec<u8>, x: u8) {
                list.push(x);
            }
            let (mut counts, mut text, mut map, mut list) = (vec![0; 8], String::new(), HashMap::new(), Vec::new());
        }
        for x in xs => {
            counts[usize::from(x % 8)] += 1;
            for (i, count) in counts.iter_mut().enumerate() { *count += i as u32; }
            if *x > 2 { text.push('x') } else { text += "y"; }
            write!(text, "{x}").unwrap();
            *map.entry(*x).or_insert(0) = *x;
            push(&mut list, *x);
            list = { let mut next = list; next.push(1); next };
        }
        { (counts, text, map, list) }
}

#[test]
fn extremes_of_floats_are_what_the_body_makes_of_nan() {
    fn plain(xs: &[f64]) -> [f64; 4] {
        let (mut a, mut b, mut c, mut d) = (f64::NAN, 1.0_f64, f64::MIN, f64::NAN);
        for &x in xs {
            a = a.max(x);
            b = x.min(b);
            if x > c {
                c = x;
            }
            if x > d {
                d = x;
            }
        }
        [a, b, c, d]
    }
    #[parallel_for]
    fn parallel(xs: &[f64], jobs: i32) -> [f64; 4] {
        let (mut a, mut b, mut c, mut d) = (f64::NAN, 1.0_f64, f64::MIN, f64::NAN);
        #[parallel_for(n_jobs = jobs, reduce(max = a, min = b, max = c, max = d))]
        for reference in xs {
            let x = *reference;
            a = a.max(x);
            b = reference.min(b);
            if x > c {
                c = x;
            }
            if x > d {
                d = x;
            }
        }
        [a, b, c, d]
    }
    for xs in floats() {
        for jobs in [1, 2, 8] {
            assert_eq!(parallel(&xs, jobs).map(f64::to_bits), plain(&xs).map(f64::to_bits), "{xs:?}");
        }
    }
}

/// Equal in its order, and told apart by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Named(u8, usize);

impl PartialOrd for Named {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Named {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

#[test]
#[parallel_for]
fn of_ties_the_same_as_the_plain_loop_keeps() {
    let xs: Vec<Named> = (0..500).map(|i| Named((i * 7 % 5) as u8, i)).collect();
    let (mut by_method, mut by_comparison, mut none) = (xs[0], xs[0], None);
    #[parallel_for(reduce(max = by_method, max = by_comparison, min = none))]
    for x in &xs {
        by_method = by_method.max(*x);
        if *x > by_comparison {
            by_comparison = *x;
        }
        none = none.min(Some(*x));
    }
    assert_eq!(by_method, xs.iter().copied().fold(xs[0], Ord::max));
    assert_eq!(by_comparison, *xs.iter().find(|x| x.0 == 4).unwrap());
    assert_eq!(none, None);
}

#[test]
fn after_a_panic_accumulators_are_what_they_were() {
    #[parallel_for]
    fn run(n: u64, at: u64, jobs: i32, sum: &mut u64, text: &mut String) {
        let (mut total, mut list) = (*sum, text.clone());
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            joblib::parallel! {
                #[n_jobs = jobs, reduce(+ = total, with(|a: String, b: String| a + &b, String::new()) = list)]
                for i in 0..n {
                    total += i;
                    list.push('x');
                    if i == at {
                        std::panic::resume_unwind(Box::new("stop"));
                    }
                }
            }
        }));
        assert_eq!(outcome.is_err(), at < n);
        (*sum, *text) = (total, list);
        for _ in 0..1 {}
    }
    for n in [1, 10, 1000] {
        for at in [0, 3, 9, 500, 2000] {
            for jobs in [1, 2, 8] {
                let (mut sum, mut text) = (7, "<".to_owned());
                run(n, at, jobs, &mut sum, &mut text);
                let ran = n.min(at + 1);
                assert_eq!((sum, text.len() as u64), (7 + (0..ran).sum::<u64>(), 1 + ran), "{n} {at} {jobs}");
            }
        }
    }
}

#[test]
#[parallel_for]
fn loops_inside_of_one_another_reduce_into_the_same() {
    let (mut sum, mut high, mut low, mut all, mut last) = (0_u64, 0, i64::MAX, true, None);
    let (mut wrapped, mut text) = (0_u8, String::new());
    #[parallel_for(n_jobs = 3, reduce(+ = sum, max = high, min = low, && = all, last = last, + = wrapped))]
    #[parallel_for(reduce(with(|a: String, b: String| a + &b, String::new()) = text))]
    for i in 0..40_i64 {
        text.push('(');
        #[parallel_for(reduce(+ = sum, max = high, min = low, && = all, last = last, + = wrapped))]
        #[parallel_for(reduce(with(|a: String, b: String| a + &b, String::new()) = text))]
        for j in 0..20_i64 {
            sum += (i * j) as u64;
            high = high.max(i ^ j);
            if i - j < low {
                low = i - j;
            }
            all &= i + j < 100;
            last = Some((i, j));
            wrapped = wrapped.wrapping_add(17);
            text.push('x');
        }
        sum += 1;
    }
    assert_eq!(sum, (0..40).sum::<u64>() * (0..20).sum::<u64>() + 40);
    let highest = (0..40).flat_map(|i| (0..20).map(move |j| i ^ j)).max().unwrap();
    assert_eq!((high, low, all, last), (highest, -19, true, Some((39, 19))));
    assert_eq!(wrapped, (17_usize * 800 % 256) as u8);
    assert_eq!(text, format!("({}", "x".repeat(20)).repeat(40));
}

/// Something that can be added to numbers, but is none.
#[derive(Clone, Copy)]
struct Twice(u8);

impl std::ops::AddAssign<Twice> for i64 {
    fn add_assign(&mut self, other: Twice) {
        *self += 2 * i64::from(other.0);
    }
}

fn ten(x: u8) -> Option<u8> {
    (x != 10).then_some(x)
}

// Comparisons by reference.
as_plain! {
    longest(xs: u8) -> (String, usize), [reduce(argmax(best) = at)], texts();
        { let texts: Vec<String> = xs.iter().map(|x| "x".repeat(usize::from(*x))).collect(); let (mut best, mut at) = (String::new(), 0); }
        for (i, text) in texts.iter().enumerate() => { if text > &best { best = text.clone(); at = i; } }
        { (best, at) }
    least_by_reference(xs: u8) -> u8, [reduce(min = least)], texts();
        { let mut least = 200; } for x in xs => { if &least >= x { least = *x; } } { least }
}

fn texts() -> Vec<Vec<u8>> {
    vec![vec![], vec![3, 1, 4, 1, 5, 9, 2, 6, 5], (0..100_u8).map(|i| i % 10 * 7 % 31 + i / 40).collect()]
}

// What leaves, or panics, before all of an update is evaluated.
as_plain! {
    broken_off(xs: u8) -> u32, [reduce(+ = s)], up_to_ten();
        { let mut s = 3; } for x in xs => { s = s + 1000 + match ten(*x) { Some(x) => u32::from(x), None => break }; } { s }
    continued(xs: u8) -> u32, [reduce(| = s)], up_to_ten();
        { let mut s = 3; } for x in xs => { s = s | 64 | match ten(*x) { Some(x) => u32::from(x), None => continue }; } { s }
    returned(xs: u8) -> Option<f64>, [reduce(* = s)], up_to_ten();
        { let mut s = 3.0; } for x in xs => { s = 2.0 * s * f64::from(ten(*x)? % 2 + 1); } { Some(s) }
    kept_by_with(xs: u8) -> u32, [reduce(with(|a: u32, b: u32| a + b, 0) = s)], up_to_ten();
        { let mut s = 3_u32; }
        for x in xs => { s = s.wrapping_add(1); s = s.wrapping_add(match ten(*x) { Some(x) => u32::from(x), None => continue }); }
        { s }
    first_in_a_closure(xs: u8) -> Option<u8>, [reduce(first = found)], up_to_ten();
        { let mut found = None; } for x in xs => { (0..2).for_each(|y| found = found.or((*x > 5).then_some(x + y))); } { found }
    of_another_type(xs: u8) -> i64, [reduce(+ = s)], bytes();
        { let mut s = -5_i64; } for x in xs => { s += Twice(*x); s += 1; } { s }
}

fn up_to_ten() -> Vec<Vec<u8>> {
    (0..9).map(|skipped| (0..=40).skip(skipped * 5).collect()).collect()
}

/// A caught panic leaves each accumulator as the iterations and the updates before it made it.
#[test]
fn panics_inside_of_updates() {
    fn plain(xs: &[u8]) -> (f64, u32, u32) {
        let (mut s, mut bits, mut merged) = (0.5, 3, 7_u32);
        let _ = catch_unwind(AssertUnwindSafe(|| {
            for x in xs {
                s = 2.0 + s - f64::from(ten(*x + 1).expect("no nine"));
                bits = bits ^ 64 ^ u32::from(ten(*x + 2).expect("no eight"));
                merged = merged.wrapping_add(u32::from(ten(*x + 3).expect("no seven")));
            }
        }));
        (s, bits, merged)
    }
    #[parallel_for]
    fn parallel(xs: &[u8], jobs: i32) -> (f64, u32, u32) {
        let (mut s, mut bits, mut merged) = (0.5, 3, 7_u32);
        let _ = catch_unwind(AssertUnwindSafe(|| {
            #[parallel_for(n_jobs = jobs, reduce(+ = s, ^ = bits, with(|a: u32, b: u32| a + b, 0) = merged))]
            for x in xs {
                s = 2.0 + s - f64::from(ten(*x + 1).expect("no nine"));
                bits = bits ^ 64 ^ u32::from(ten(*x + 2).expect("no eight"));
                merged = merged.wrapping_add(u32::from(ten(*x + 3).expect("no seven")));
            }
        }));
        (s, bits, merged)
    }
    for xs in up_to_ten() {
        for at in [7, 8, 9] {
            // The first to panic is each of them in turn.
            let xs: Vec<u8> = xs.iter().copied().filter(|x| *x == at || !(7..10).contains(x)).collect();
            for jobs in [1, 2, 8] {
                assert_eq!(parallel(&xs, jobs), plain(&xs), "{xs:?}, {jobs} jobs");
            }
        }
    }
}

#[test]
fn what_belongs_to_an_extreme_value_may_be_borrowed() {
    #[parallel_for]
    fn largest(files: &[(String, u64)]) -> &str {
        let (mut most, mut name) = (0, "none");
        #[parallel_for(reduce(argmax(most) = name))]
        for (own, size) in files {
            if *size > most {
                most = *size;
                name = own.as_str();
            }
        }
        name
    }
    assert_eq!(largest(&[("a".to_owned(), 3), ("b".to_owned(), 9), ("c".to_owned(), 9)]), "b");
    assert_eq!(largest(&[]), "none");
}

#[test]
#[allow(unused_labels, reason = "which of two the one inside means is what this is about")]
fn labels_used_twice() {
    #[parallel_for]
    fn count(n: u32) -> u32 {
        let mut s = 0;
        #[parallel_for(collapse = 2, reduce(+ = s))]
        'outer: for x in 0..n {
            for y in 0..3 {
                let (mut left, mut right) = (0, 0);
                {
                    'outer: for z in 0..4 {
                        left += z;
                        if z == 2 {
                            continue 'outer;
                        }
                        right += 1;
                    }
                }
                s += x * left + y * right;
            }
        }
        s
    }
    assert_eq!(count(7), (0..7).flat_map(|x| (0..3).map(move |y| x * 6 + y * 3)).sum());
}

#[test]
fn lints_are_set_inside_of_the_loop() {
    #[parallel_for]
    fn count(xs: &[u8]) -> usize {
        let mut n = 0;
        #[parallel_for(reduce(+ = n))]
        for x in xs {
            n += usize::from(*x > 0);
        }
        n
    }
    assert_eq!(count(&[1, 0, 3]), 2);
}
