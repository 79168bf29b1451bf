//! Where loops may stand: methods, async functions, closures, nested functions, inside of one another.

use std::sync::atomic::{AtomicUsize, Ordering};

use joblib::{parallel, parallel_for};

struct Model {
    weights: Vec<f64>,
    calls: AtomicUsize,
}

impl Model {
    #[parallel_for]
    fn scaled(&self, by: f64) -> Vec<f64> {
        #[parallel_for]
        for weight in &self.weights {
            self.calls.fetch_add(1, Ordering::Relaxed);
            weight * by
        }
    }

    #[parallel_for]
    fn scale(&mut self, by: f64) {
        let calls = &self.calls;
        for weight in &mut self.weights {
            calls.fetch_add(1, Ordering::Relaxed);
            *weight *= by;
        }
    }
}

trait Total {
    fn total(&self) -> f64;
}

impl Total for Model {
    #[parallel_for]
    fn total(&self) -> f64 {
        let mut total = 0.0;
        #[parallel_for(reduce(+ = total))]
        for weight in self.weights.iter() {
            total += weight;
        }
        total
    }
}

#[test]
fn methods() {
    let mut model = Model { weights: vec![1.0, 2.0, 3.0], calls: AtomicUsize::new(0) };
    assert_eq!(model.scaled(2.0), [2.0, 4.0, 6.0]);
    model.scale(3.0);
    assert_eq!(model.total(), 18.0);
    assert_eq!(model.calls.into_inner(), 6);
}

#[test]
fn async_functions() {
    #[parallel_for]
    async fn sum(xs: &[u32]) -> Result<u32, String> {
        let mut sum = std::future::ready(1).await;
        #[parallel_for(reduce(+ = sum))]
        for x in xs {
            sum += x.checked_mul(2).ok_or("overflow")?;
        }
        Ok(sum)
    }
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let mut poll = |xs: &[u32]| std::pin::pin!(sum(xs)).as_mut().poll(&mut context);
    assert_eq!(poll(&[1, 2, 3]), std::task::Poll::Ready(Ok(13)));
    assert_eq!(poll(&[1, u32::MAX]), std::task::Poll::Ready(Err("overflow".to_owned())));
}

#[test]
#[parallel_for]
fn closures_and_nested_functions() {
    fn lengths(words: &[&str]) -> Vec<usize> {
        #[parallel_for]
        for word in words {
            word.len()
        }
    }
    let first_long = |words: &[&str], limit: usize| -> Option<String> {
        #[parallel_for]
        for word in words {
            if word.len() > limit {
                return Some(word.to_string());
            }
        }
        None
    };
    assert_eq!(lengths(&["a", "bc"]), [1, 2]);
    assert_eq!(first_long(&["a", "bc", "def", "ghi"], 2).as_deref(), Some("def"));
    assert_eq!(first_long(&["a", "bc"], 2), None);
}

#[test]
fn generic_functions() {
    #[parallel_for]
    fn doubled<'a, T, I>(items: I) -> Vec<T>
    where
        T: Copy + Send + Sync + std::ops::Add<Output = T> + 'a,
        I: IntoIterator<Item = &'a T>,
        I::IntoIter: Send,
    {
        for item in items {
            *item + *item
        }
    }
    assert_eq!(doubled(&[1, 2, 3]), [2, 4, 6]);
    assert_eq!(doubled([1.5].iter().filter(|x| **x > 0.0)), [3.0]);
}

#[test]
#[parallel_for]
fn loops_inside_of_loops() {
    let mut total = 0_u64;
    let mut table = vec![vec![0_u64; 7]; 11];
    #[parallel_for(reduce(+ = total))]
    for (i, row) in table.iter_mut().enumerate() {
        let mut of_row = 0;
        #[parallel_for(reduce(+ = of_row))]
        for (j, cell) in row.iter_mut().enumerate() {
            *cell = (i * j) as u64;
            of_row += *cell;
        }
        total += of_row;
    }
    assert_eq!(total, (0..11).sum::<u64>() * (0..7).sum::<u64>());
    let found = 'search: {
        #[parallel_for]
        for (i, row) in table.iter().enumerate() {
            #[parallel_for]
            for (j, cell) in row.iter().enumerate() {
                if *cell == 12 {
                    break 'search Some((i, j));
                }
            }
        }
        None
    };
    assert_eq!(found, Some((2, 6)));
}

#[test]
fn an_expression_anywhere() -> Result<(), std::num::ParseIntError> {
    let words = ["1", "2", "3"];
    let mut sum = 0;
    parallel! {
        #[reduce(+ = sum), n_jobs = 2]
        for word in words {
            sum += word.parse::<i32>()?;
        }
    }
    let squares: Vec<i32> = parallel!(for i in 0..sum {
        i * i
    });
    assert_eq!(squares, [0, 1, 4, 9, 16, 25]);
    let (evens, odds): (Vec<i32>, Vec<i32>) = parallel! {
        #[parallel_for(schedule = "dynamic", chunk = 2)]
        for i in 0..3 { (2 * i, 2 * i + 1) }
    };
    assert_eq!((evens, odds), (vec![0, 2, 4], vec![1, 3, 5]));
    Ok(())
}

#[test]
#[parallel_for]
#[expect(clippy::useless_vec, reason = "the `;` form of `vec!` is to be read")]
fn macros_in_the_body() {
    fn check(word: &str) -> Result<String, String> {
        #[parallel_for]
        for i in 0..10 {
            let text = format!("{}{}", word, if i == 3 { return Err(format!("{i}")) } else { i });
            let pair = vec![text.parse::<i32>().map_err(|e| e.to_string())?; 2];
            assert!(pair.iter().all(|x| *x >= 0), "{}", pair.len());
        }
        Ok(word.to_owned())
    }
    macro_rules! skip_odd {
        ($i:expr) => {
            if $i % 2 == 1 {
                continue;
            }
        };
    }
    macro_rules! stop_at {
        ($i:expr, $end:expr) => {
            if $i == $end {
                break;
            }
        };
    }
    assert_eq!(check("1"), Err("3".to_owned()));
    assert_eq!(check("x").unwrap_err(), "invalid digit found in string");
    let even: Vec<u32> = #[parallel_for]
    for i in 0..10_u32 {
        skip_odd!(i);
        stop_at!(i, 6);
        i
    };
    assert_eq!(even, [0, 2, 4]);
}

#[test]
#[parallel_for]
fn patterns() {
    struct Point {
        x: i32,
        y: i32,
    }
    let points: Vec<Point> = (0..20).map(|i| Point { x: i, y: -i }).collect();
    let sums: Vec<i32> = #[parallel_for]
    for &Point { x, ref y } in &points {
        x + *y
    };
    assert!(sums.iter().all(|sum| *sum == 0));
    let moved: Vec<i32> = #[parallel_for]
    for Point { mut x, y: _ } in points {
        x += 1;
        x
    };
    assert_eq!(moved, (1..21).collect::<Vec<_>>());
}

#[test]
#[parallel_for]
fn other_attributes_stay() {
    let mut sum = 0;
    #[cfg(any())]
    #[parallel_for(reduce(+ = sum))]
    for x in does_not_exist {
        sum += x;
    }
    #[allow(unused_variables)]
    #[parallel_for(reduce(+ = sum))]
    for i in 0..10 {
        let unused = i;
        sum += 1;
    }
    let texts: Vec<String> = #[parallel_for]
    for i in 0..2 {
        format! { "{i}" }
    };
    assert_eq!((sum, texts.concat().as_str()), (10, "01"));
}

#[test]
fn without_a_mark_every_outermost_loop_is_meant() {
    #[parallel_for]
    fn both(xs: &mut [u64], ys: &mut [u64]) {
        for (i, x) in xs.iter_mut().enumerate() {
            // An inner loop stays as it is: it may depend on its own order.
            for _ in 0..i {
                *x += 1;
            }
        }
        if !ys.is_empty() {
            for y in ys.iter_mut() {
                *y = 7;
            }
        }
    }
    let (mut xs, mut ys) = ([0; 5], [0; 3]);
    both(&mut xs, &mut ys);
    assert_eq!((xs, ys), ([0, 1, 2, 3, 4], [7; 3]));
}
