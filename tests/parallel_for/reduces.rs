//! Reductions are those of the plain loop, at any number of jobs.

use joblib::parallel_for;

#[parallel_for]
fn sum(xs: &[f64], n_jobs: isize) -> f64 {
    let mut sum = 0.25;
    #[parallel_for(n_jobs = n_jobs, reduce(+ = sum))]
    for x in xs {
        sum += x.sin();
    }
    sum
}

#[test]
fn float_sums_do_not_depend_on_threads() {
    for len in [0, 1, 5, 4096, 100_003] {
        let xs: Vec<f64> = (0..len).map(|i| f64::from(i) * 0.37).collect();
        let one = sum(&xs, 1);
        for n_jobs in 2..8 {
            assert_eq!(sum(&xs, n_jobs).to_bits(), one.to_bits(), "{len} items, {n_jobs} jobs");
        }
        if len <= 4096 {
            let plain = xs.iter().fold(0.25, |sum, x| sum + x.sin());
            assert_eq!(one.to_bits(), plain.to_bits(), "{len} items");
        }
    }
}

#[test]
#[parallel_for]
fn every_operator() {
    let (mut product, mut low, mut high) = (3_u64, i64::MAX, i64::MIN);
    let (mut and, mut or, mut xor) = (0xff_u8, 1_u8, 0_u8);
    let (mut all, mut any) = (true, false);
    let mut words = vec!["start".to_owned()];
    #[parallel_for(reduce(* = product, min = low, max = high, & = and, | = or, ^ = xor, && = all, || = any))]
    #[parallel_for(reduce(with(|mut a: Vec<String>, b| { a.extend(b); a }, Vec::new()) = words))]
    for i in -5..=5_i64 {
        product = product.wrapping_mul(i.unsigned_abs() + 1);
        low = low.min(i * i);
        high = high.max(i);
        and &= 0xf0 | i as u8;
        or |= i as u8;
        xor ^= i as u8;
        all &= i > -6;
        any |= i == 4;
        words.push(i.to_string());
    }
    assert_eq!(product, (1..=6).product::<u64>() * (2..=6).product::<u64>() * 3);
    assert_eq!((low, high), (0, 5));
    assert_eq!((and, or, xor), (0xf0, 0xff, (-5..=5_i64).fold(0, |x, i| x ^ i as u8)));
    assert!(all && any);
    assert_eq!(words.join(" "), "start -5 -4 -3 -2 -1 0 1 2 3 4 5");
}
