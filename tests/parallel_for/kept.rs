//! Nothing that the user wrote is lost: attributes, the input of macros, expected types, patterns, names.
#![allow(non_upper_case_globals, reason = "names that generated code could meet")]
#![allow(
    clippy::non_minimal_cfg,
    clippy::single_match,
    clippy::type_complexity,
    reason = "what people write"
)]

use std::error::Error;
use std::fmt::Display;
use std::panic::catch_unwind;

use joblib::{parallel, parallel_for};

fn check(k: usize) -> Result<usize, String> {
    if k < 1000 { Ok(k) } else { Err(format!("{k} is large")) }
}

#[test]
fn what_is_compiled_out_neither_runs_nor_has_a_type() {
    #[parallel_for]
    fn leaves(n: usize) -> usize {
        let mut sum = 0;
        'o: for _ in 0..2 {
            #[parallel_for(reduce(+ = sum))]
            for k in 0..n {
                #[cfg(any())]
                return k + 5;
                #[cfg(any())]
                break 'o;
                #[cfg(all())]
                if k == 90 {
                    continue 'o;
                }
                #[cfg(not(all()))]
                {
                    check(k).unwrap()?;
                    break 'o;
                }
                #[cfg_attr(all(), cfg(any()))]
                return missing(k);
                #[cfg_attr(any(), cfg(any()))]
                {
                    sum += k;
                }
                match k {
                    #[cfg(any())]
                    3 => return k,
                    #[allow(clippy::needless_continue, unreachable_patterns)]
                    3 | 3 => continue,
                    _ => {}
                }
                #[allow(unused_must_use)]
                check(k);
            }
        }
        sum
    }
    assert_eq!(leaves(10), 90);
    assert_eq!(leaves(100), 2 * (0..90).sum::<usize>());

    #[parallel_for]
    fn tries(n: usize) -> Result<usize, String> {
        let mut sum = 0;
        #[parallel_for(reduce(+ = sum), n_jobs = 3)]
        for k in 0..n {
            #[cfg(any())]
            check(5000)?;
            #[cfg(all())]
            check(k)?;
            sum += 1;
        }
        Ok(sum)
    }
    assert_eq!(tries(1000), Ok(1000));
    assert_eq!(tries(3000), Err("1000 is large".to_owned()));

    let pairs: Vec<usize> = parallel! {
        #[collapse = 2]
        for i in 0..3 {
            for j in 0..3 {
                #[cfg(any())]
                continue;
                #[cfg(all())]
                if i == j { continue; }
                10 * i + j
            }
        }
    };
    assert_eq!(pairs, [1, 2, 10, 12, 20, 21]);
}

#[test]
fn in_processes_too() {
    #[parallel_for(backend = "processes", n_jobs = 2)]
    fn run(n: usize) -> Result<usize, String> {
        let mut sum = 0;
        #[parallel_for(reduce(+ = sum))]
        for k in 0..n {
            #[cfg(any())]
            return Ok(k + 5);
            #[cfg(any())]
            check(k)?;
            #[cfg(all())]
            check(k)?;
            sum += k;
        }
        Ok(sum)
    }
    assert_eq!(run(10), Ok(45));
    assert_eq!(run(1002), Err("1000 is large".to_owned()));
}

macro_rules! which_arm {
    ($e:ident ?) => {
        "a question"
    };
    ($e:expr) => {
        "an expression"
    };
}

#[test]
fn macros_are_given_what_is_written() {
    #[parallel_for]
    fn asserts(values: &[Result<i32, String>]) -> Result<(), String> {
        for a in values {
            let a = a.clone();
            assert!(a? < 3);
        }
        Ok(())
    }
    #[parallel_for]
    fn others(values: &[Option<usize>]) -> Option<Vec<usize>> {
        let mut found = Vec::new();
        #[parallel_for(reduce(with(|mut a: Vec<usize>, b| { a.extend(b); a }, Vec::new()) = found))]
        for x in values {
            if matches!((*x)?, 1..=3 | 5..=9 if values.len() > 1) {
                found.push(1);
            }
            let text = format!("{:>w$}", (*x)?, w = (*x)?);
            found.extend(vec![text.len(), (*x)?]);
            found.extend(vec![(*x)?; 2]);
            assert_eq!((*x)?, x.unwrap(), "{}", (*x)?);
        }
        Some(found)
    }
    assert_eq!(asserts(&[Ok(1), Ok(2)]), Ok(()));
    assert_eq!(asserts(&[Ok(1), Err("no".into()), Ok(7)]), Err("no".into()));
    let panicked = catch_unwind(|| asserts(&[Ok(1), Ok(7)])).unwrap_err();
    assert_eq!(panicked.downcast_ref::<&str>(), Some(&"assertion failed: a? < 3"));
    assert_eq!(others(&[Some(2), Some(4)]), Some(vec![1, 2, 2, 2, 2, 4, 4, 4, 4]));
    assert_eq!(others(&[Some(2), None]), None);
    let arms: Vec<&str> = parallel! { for _ in 0..2 { let x = 1; let _ = x; which_arm!(x) } };
    assert_eq!(arms, ["an expression"; 2]);
    let vectors: Vec<Vec<i32>> = parallel! {
        #[collapse = 2]
        for i in 0..3 { for j in 0..2 { vec![if i == 1 { continue } else { i }, j] } }
    };
    assert_eq!(vectors, [[0, 0], [0, 1], [2, 0], [2, 1]]);
}

#[test]
fn values_are_of_the_types_they_are_expected_to_be() {
    #[parallel_for]
    fn fails(n: u8) -> Result<u8, Box<dyn Error + Send + Sync>> {
        for i in 0..n {
            if i == 3 {
                return Err(Box::new(std::fmt::Error));
            }
            if i == 200 {
                return Err("too many".into());
            }
        }
        Ok(n)
    }
    assert_eq!(fails(3).unwrap(), 3);
    assert!(fails(4).unwrap_err().is::<std::fmt::Error>());

    #[parallel_for]
    fn pair(xs: &[u8]) -> Option<&[u8]> {
        for x in xs {
            if *x == 3 {
                return Some(&[1, 2]);
            }
        }
        None
    }
    assert_eq!(pair(&[1, 3]), Some(&[1, 2][..]));

    #[parallel_for]
    fn boxed(n: i32) -> Vec<Box<dyn Display + Send>> {
        for i in 0..n {
            if i % 2 == 0 { Box::new(i) } else { Box::new("odd") }
        }
    }
    assert_eq!(boxed(3).iter().map(ToString::to_string).collect::<Vec<_>>(), ["0", "odd", "2"]);
    let slices: Vec<&[i32]> = parallel! { for i in 0..2 { if i == 0 { &[1, 2] } else { &[] } } };
    assert_eq!(slices, [&[1, 2][..], &[]]);
    let functions: Result<Vec<fn(u8) -> u8>, String> = parallel! { for _ in 0..2 { Ok(|x| x + 1) } };
    assert_eq!(functions.unwrap()[1](4), 5);
    let label: Box<dyn Display + Send> = 'found: {
        parallel! {
            for i in 0..9 {
                if i == 4 {
                    break 'found Box::new(i);
                }
            }
        }
        Box::new("none")
    };
    assert_eq!(label.to_string(), "4");
    let defaults: Vec<u16> = parallel! { for _ in 0..3 { Default::default() } };
    assert_eq!(defaults, [0; 3]);
}

#[test]
fn a_loop_without_values_needs_no_collection() {
    let seen = std::sync::atomic::AtomicUsize::new(0);
    let count = |_: usize| {
        seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    };
    parallel! { for i in 0..20 { if i == 7 { count(i); } } };
    parallel! { for i in 0..20 { match i { 1 => count(i), _ => {} } } };
    parallel! { for i in 0..20 { count(i) } };
    catch_unwind(std::panic::AssertUnwindSafe(|| {
        parallel! { for i in 0..20 { if i == 3 { return; } count(i) } }
    }))
    .unwrap();
    let () = parallel! { for i in 0..3 { count(i) } };
    let units: Vec<()> = parallel! { #[collect] for i in 0..3 { count(i) } };
    assert_eq!(units.len(), 3);
    assert!(seen.into_inner() >= 1 + 1 + 20 + 3 + 3 + 3);
}

#[test]
#[deny(warnings)]
fn braces_are_not_too_many() {
    #[parallel_for]
    fn sum(n: u64) -> u64 {
        let mut s = 0;
        #[parallel_for(reduce(+ = s))]
        for i in 0..n {
            s += i
        }
        s
    }
    #[parallel_for]
    fn squares(n: u64) -> Vec<u64> {
        for i in 0..n {
            i * i
        }
    }
    #[parallel_for]
    #[allow(unused_mut, unused_variables)]
    fn nothing(n: u64) {
        let mut never = 0;
        #[parallel_for(reduce(+ = never))]
        for i in 0..n {}
    }
    nothing(3);
    assert_eq!((sum(4), squares(3)), (6, vec![0, 1, 4]));
}

#[test]
#[parallel_for]
#[allow(unused_variables, reason = "one is shadowed")]
fn patterns_of_every_kind() {
    let mut sum = 0;
    #[parallel_for(reduce(+ = sum))]
    for x @ 0.. in 0..10_u32 {
        sum += x;
    }
    #[parallel_for(reduce(+ = sum))]
    for Ok(x) | Err(x) in [Ok(1), Err(2_u32)] {
        sum += x;
    }
    #[parallel_for(reduce(+ = sum))]
    for ref mut x in vec![5_u32, 6] {
        *x += 1;
        sum += *x;
    }
    #[parallel_for(reduce(+ = sum))]
    for (i, &[a, ref rest @ ..]) in [[1_u32, 2, 3], [4, 5, 6]].iter().enumerate() {
        sum += i as u32 * 1000 + a + rest.len() as u32;
    }
    #[parallel_for(collapse = 2, reduce(+ = sum))]
    for x in 0..3_u32 {
        for x in 0..2_u32 {
            sum += x;
        }
    }
    assert_eq!(sum, 45 + 3 + 13 + 1009 + 3);
}

#[test]
fn names_and_constants_of_his_own() {
    const source: u64 = 1;
    const plan: u64 = 2;
    const exit: u64 = 3;
    static feed: u64 = 4;
    const value: u64 = 5;
    #[parallel_for]
    fn run(n: u64) -> Result<Vec<u64>, String> {
        #[parallel_for(progress)]
        for item in 0..n {
            let part = check(item as usize).map_err(|left| left + "!")? as u64;
            if part == 100 {
                break;
            }
            Ok(part + source + plan + exit + feed + value)
        }
    }
    assert_eq!(run(2), Ok(vec![15, 16]));

    #[parallel_for]
    fn names(n: usize) -> usize {
        let seen = std::sync::Mutex::new(Vec::new());
        #[parallel_for]
        for i in 0..n {
            let mut seen = seen.lock().unwrap();
            seen.push(i);
        }
        let mut seen = seen.into_inner().unwrap();
        seen.push(7);
        seen.len()
    }
    assert_eq!(names(3), 4);
}
