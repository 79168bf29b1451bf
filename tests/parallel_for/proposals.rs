//! What the messages propose is right: each refused body in its plain form, beside what its message says to
//! write.

use std::time::Duration;

use joblib::parallel_for;

/// Long enough to be shared, with repeated values.
fn numbers() -> Vec<u64> {
    (0..3000).map(|i| i * 7919 % 1000).collect()
}

/// "multiply the divisors up in a variable of their own, and divide after the loop"
#[test]
fn divisors_are_multiplied_up() {
    let xs = [2.0_f64, 4.0, 0.5, 8.0];
    let mut plain = 1000.0;
    for x in &xs {
        plain /= x;
    }
    #[parallel_for]
    fn proposed(xs: &[f64], start: f64) -> f64 {
        let mut divisor = 1.0;
        #[parallel_for(reduce(* = divisor))]
        for x in xs {
            divisor *= x;
        }
        start / divisor
    }
    assert_eq!(proposed(&xs, 1000.0), plain);
}

/// "accumulate in a wider type, as `i128`, and convert after the loop"
#[test]
fn checked_sums_are_wide_ones() {
    fn plain(xs: &[u64], start: u64) -> Option<u64> {
        let mut s = start;
        for x in xs {
            s = s.checked_add(*x)?;
        }
        Some(s)
    }
    #[parallel_for]
    fn proposed(xs: &[u64], start: u64) -> Option<u64> {
        let mut s = i128::from(start);
        #[parallel_for(reduce(+ = s))]
        for x in xs {
            s += i128::from(*x);
        }
        u64::try_from(s).ok()
    }
    for start in [0, u64::MAX - 5, u64::MAX - 1_000_000_000] {
        assert_eq!(proposed(&numbers(), start), plain(&numbers(), start));
    }
}

/// "`at` changes together with `best`: write `reduce(argmax(best) = at)` for them"; "give it a name by a
/// `let` before the `if`"
#[test]
fn what_belongs_to_an_extreme_value_changes_with_it() {
    fn plain(xs: &[u64]) -> (u64, usize, String) {
        let (mut best, mut at, mut name) = (0, 0, String::new());
        for (i, x) in xs.iter().enumerate() {
            if *x > best {
                best = *x;
                at = i;
                name = format!("{x:?}");
            }
        }
        (best, at, name)
    }
    #[parallel_for]
    fn proposed(xs: &[u64]) -> (u64, usize, String) {
        let (mut best, mut at, mut name) = (0, 0, String::new());
        #[parallel_for(reduce(argmax(best) = at, argmax(best) = name))]
        for (i, x) in xs.iter().enumerate() {
            let text = format!("{x:?}");
            if *x > best {
                best = *x;
                at = i;
                name = text.clone();
            }
        }
        (best, at, name)
    }
    assert_eq!(proposed(&numbers()), plain(&numbers()));
}

/// "write `all &= ..`, or `if !.. { all = false }`", and "`any |= ..`, or `if .. { any = true }`"
#[test]
fn conditions_are_evaluated_in_every_iteration() {
    fn check(x: u64) -> Result<bool, u64> {
        if x > 2000 { Err(x) } else { Ok(x != 500) }
    }
    fn plain(xs: &[u64]) -> Result<(bool, bool), u64> {
        let (mut all, mut any) = (true, false);
        for x in xs {
            all = all && check(*x)?;
            any = any || !check(*x)?;
        }
        Ok((all, any))
    }
    #[parallel_for]
    fn proposed(xs: &[u64]) -> Result<[(bool, bool); 2], u64> {
        let (mut all, mut any, mut all_by_if, mut any_by_if) = (true, false, true, false);
        #[parallel_for(reduce(&& = all, || = any, && = all_by_if, || = any_by_if))]
        for x in xs {
            all &= check(*x)?;
            any |= !check(*x)?;
            if !check(*x)? {
                all_by_if = false;
            }
            if !check(*x)? {
                any_by_if = true;
            }
        }
        Ok([(all, any), (all_by_if, any_by_if)])
    }
    for xs in [numbers(), vec![1, 2, 3], vec![]] {
        assert_eq!(proposed(&xs), plain(&xs).map(|both| [both; 2]));
    }
}

/// "`last` is assigned by several iterations at once: .. `reduce(last = last)`; .. the value of the loop's
/// body and `collect` them"
#[test]
fn assigned_values_are_the_last_or_collected() {
    fn plain(xs: &[u64]) -> (u64, Vec<u64>) {
        let (mut last, mut all) = (0, Vec::new());
        for x in xs {
            last = x * 2;
            all.push(x * 2);
        }
        (last, all)
    }
    #[parallel_for]
    fn proposed(xs: &[u64]) -> (u64, Vec<u64>) {
        let mut last = 0;
        let all: Vec<_> = #[parallel_for(reduce(last = last))]
        for x in xs {
            last = x * 2;
            x * 2
        };
        (last, all)
    }
    assert_eq!(proposed(&numbers()), plain(&numbers()));
}

/// "loop over its elements instead, as in `for (i, slot) in out.iter_mut().enumerate()`, and write `*slot`",
/// and rows
#[test]
fn what_is_written_at_an_index_is_looped_over() {
    let xs = numbers();
    let (mut plain, mut proposed) = (vec![0; xs.len()], vec![0; xs.len()]);
    let (mut plain_rows, mut proposed_rows) = (vec![vec![0; 3]; 50], vec![vec![0; 3]; 50]);
    let mut plain_table = ndarray::Array2::<u64>::zeros((50, 3));
    let mut proposed_table = plain_table.clone();
    for i in 0..xs.len() {
        plain[i] = xs[i] + i as u64;
    }
    for i in 0..50 {
        for j in 0..3 {
            plain_rows[i][j] = xs[i + j] + 1;
            plain_table[[i, j]] = xs[i * j];
        }
    }
    #[parallel_for]
    fn write(xs: &[u64], out: &mut [u64], rows: &mut [Vec<u64>], table: &mut ndarray::Array2<u64>) {
        for (i, slot) in out.iter_mut().enumerate() {
            *slot = xs[i] + i as u64;
        }
        for (i, row) in rows.iter_mut().enumerate() {
            for j in 0..3 {
                row[j] = xs[i + j] + 1;
            }
        }
        for (i, mut row) in table.outer_iter_mut().enumerate() {
            for j in 0..3 {
                row[j] = xs[i * j];
            }
        }
    }
    write(&xs, &mut proposed, &mut proposed_rows, &mut proposed_table);
    assert_eq!((proposed, proposed_rows, proposed_table), (plain, plain_rows, plain_table));
}

/// "write `reduce(* = s)`", "name it in `reduce(+ = s)`", "`reduce(with(merge, init) = p)`"
#[test]
fn the_operator_is_the_updates() {
    fn plain(xs: &[u64]) -> (f64, u64, Vec<u64>) {
        let (mut p, mut s, mut list) = (1.0, 0, Vec::new());
        for x in xs {
            p *= if x % 2 == 0 { 2.0 } else { 0.5 };
            s += x;
            list.insert(list.len() / 2, 0);
            list.push(*x);
            list.remove(0);
        }
        (p, s, vec![list.len() as u64])
    }
    #[parallel_for]
    fn proposed(xs: &[u64]) -> (f64, u64, Vec<u64>) {
        let (mut p, mut s, mut list) = (1.0, 0, Vec::new());
        #[parallel_for(reduce(* = p, + = s, with(|mut a: Vec<u64>, b| { a.extend(b); a }, Vec::new()) = list))]
        for x in xs {
            p *= if x % 2 == 0 { 2.0 } else { 0.5 };
            s += x;
            list.push(*x);
        }
        (p, s, vec![list.len() as u64])
    }
    assert_eq!(proposed(&numbers()), plain(&numbers()));
}

/// Not commutative: what comes first matters.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Matrix([[u64; 2]; 2]);

impl std::ops::Mul for Matrix {
    type Output = Matrix;
    fn mul(self, Matrix(b): Matrix) -> Matrix {
        let cell = |i: usize, j: usize| {
            (0..2).fold(0, |s: u64, k| s.wrapping_add(self.0[i][k].wrapping_mul(b[k][j])))
        };
        Matrix([[cell(0, 0), cell(0, 1)], [cell(1, 0), cell(1, 1)]])
    }
}

impl std::iter::Product for Matrix {
    fn product<I: Iterator<Item = Matrix>>(factors: I) -> Matrix {
        factors.fold(Matrix([[1, 0], [0, 1]]), |a, b| a * b)
    }
}

/// "write the accumulator first, as in `s = s + e`, or `reduce(with(merge, init) = s)`"
#[test]
fn what_comes_first() {
    let one = Matrix([[1, 0], [0, 1]]);
    let (mut before, mut behind) = (Matrix([[1, 2], [3, 4]]), Matrix([[1, 2], [3, 4]]));
    let (plain_before, plain_behind) = numbers().iter().fold((before, behind), |(before, behind), x| {
        let factor = Matrix([[*x, 1], [1, 0]]);
        (factor * before, behind * factor)
    });
    #[parallel_for]
    fn proposed(xs: &[u64], before: &mut Matrix, behind: &mut Matrix, one: Matrix) {
        let (mut front, mut back) = (*before, *behind);
        #[parallel_for(reduce(with(|a: Matrix, b: Matrix| b * a, one) = front, * = back))]
        for x in xs {
            let factor = Matrix([[*x, 1], [1, 0]]);
            front = factor * front;
            back = back * factor;
        }
        (*before, *behind) = (front, back);
    }
    proposed(&numbers(), &mut before, &mut behind, one);
    assert_eq!((before, behind), (plain_before, plain_behind));
}

/// "add up what is subtracted, `reduce(+ = ..)`, and subtract it after the loop"
#[test]
fn subtractions_without_negatives() {
    #[parallel_for]
    fn left(xs: &[u64], all: Duration) -> Duration {
        let mut spent = Duration::ZERO;
        #[parallel_for(reduce(+ = spent))]
        for x in xs {
            spent += Duration::from_micros(*x);
        }
        all - spent
    }
    let all = Duration::from_secs(3600);
    assert_eq!(left(&numbers(), all), numbers().iter().fold(all, |left, x| left - Duration::from_micros(*x)));
}

/// "reduce a number that stands for it, or write `with(merge, init)`"; "write a method, as in `m = m.max(e)`,
/// or its path, as in `m = f64::max(m, e)`"
#[test]
fn extremes_of_what_is_not_ordered() {
    #[parallel_for]
    fn highest(xs: &[Option<f64>]) -> (f64, Option<f64>, f64, f64) {
        let (mut number, mut most, mut by_method, mut by_path) = (f64::NEG_INFINITY, None, 0.0_f64, 0.0);
        #[parallel_for(reduce(max = number, with(larger, None) = most, max = by_method, max = by_path))]
        for x in xs {
            let y = x.unwrap_or(f64::NEG_INFINITY);
            if y > number {
                number = y;
            }
            most = larger(most, *x);
            by_method = by_method.max(y);
            by_path = f64::max(by_path, y);
        }
        (number, most, by_method, by_path)
    }
    fn larger(a: Option<f64>, b: Option<f64>) -> Option<f64> {
        if b > a { b } else { a }
    }
    let xs: Vec<Option<f64>> = numbers().iter().map(|x| (x % 3 > 0).then_some(*x as f64)).collect();
    let most = xs.iter().copied().fold(None, larger);
    assert_eq!(highest(&xs), (most.unwrap(), most, most.unwrap(), most.unwrap()));
}

/// "give it a name by a `let` before"; "leave `move` out, and move copies of what else is needed"
#[test]
fn what_is_taken() {
    fn checked(x: u64) -> Option<u64> {
        (x != 40).then_some(x)
    }
    fn plain(xs: &[u64]) -> (Vec<u64>, u64) {
        let (mut list, mut sum) = (Vec::new(), 0);
        for x in xs {
            let Some(found) = checked(*x) else { continue };
            list = [list, vec![found]].concat();
            (0..3).for_each(|y| sum += x * y);
        }
        (list, sum)
    }
    #[parallel_for]
    fn proposed(xs: &[u64]) -> (Vec<u64>, u64) {
        let (mut list, mut sum) = (Vec::new(), 0);
        #[parallel_for(reduce(with(|a: Vec<u64>, b: Vec<u64>| [a, b].concat(), Vec::new()) = list, + = sum))]
        for x in xs {
            let Some(found) = checked(*x) else { continue };
            list = [list, vec![found]].concat();
            (0..3).for_each(|y| sum += x * y);
        }
        (list, sum)
    }
    assert_eq!(proposed(&numbers()), plain(&numbers()));
}
