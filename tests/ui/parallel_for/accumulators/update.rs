use joblib::parallel_for;

#[parallel_for]
fn by_another_operator(xs: &[f64]) -> (f64, f64) {
    let (mut s, mut p) = (0.0, 1.0);
    #[parallel_for(reduce(+ = s, * = p))]
    for x in xs {
        s *= x;
        p /= x;
        s = s * 0.5 + x;
        p %= 3.0;
    }
    (s, p)
}

#[parallel_for]
fn overwritten(xs: &[u64]) -> (u64, u64, bool) {
    let (mut s, mut high, mut all) = (0, 0, true);
    #[parallel_for(reduce(+ = s, max = high, && = all))]
    for x in xs {
        s = *x;
        high = *x;
        all = *x < 3;
    }
    (s, high, all)
}

#[parallel_for]
fn in_two_ways(xs: &[u64]) -> (u64, u64) {
    let (mut s, mut high) = (0_u64, 0);
    #[parallel_for(reduce(+ = s, max = high))]
    for x in xs {
        s += x;
        s = s.wrapping_add(*x);
        high = high.max(*x);
        if *x > high {
            high = *x;
        }
    }
    (s, high)
}

#[parallel_for]
fn evaluated_or_not(xs: &[u64]) -> Result<(bool, bool, Option<u64>, u64), ()> {
    let (mut all, mut any, mut first, mut best, mut at) = (true, false, None, 0, 0);
    #[parallel_for(reduce(&& = all, || = any, first = first, argmax(best) = at))]
    for x in xs {
        all = all && check(x)?;
        any = any || check(x)?;
        if first.is_none() {
            first = Some(check(x)? as u64);
        }
        if *x > best {
            best = *x;
            at = std::process::id();
        }
    }
    Ok((all, any, first, u64::from(at)))
}

#[parallel_for]
fn checked(xs: &[u64]) -> Option<u64> {
    let mut s = 0_u64;
    #[parallel_for(reduce(+ = s))]
    for x in xs {
        s = s.checked_add(*x)?;
    }
    Some(s)
}

fn check(x: &u64) -> Result<bool, ()> {
    Ok(*x < 10)
}

fn main() {}
