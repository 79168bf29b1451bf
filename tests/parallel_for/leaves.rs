//! The ways out of a loop's body: the earliest iteration in loop order decides.

use joblib::parallel_for;

#[parallel_for]
fn parse_all(words: &[&str], sums: &mut [i32]) -> Result<i32, std::num::ParseIntError> {
    let mut sum = 0;
    #[parallel_for(reduce(+ = sum))]
    for (word, slot) in words.iter().zip(sums.iter_mut()) {
        *slot = word.parse()?;
        sum += *slot;
    }
    Ok(sum)
}

#[test]
fn the_first_error_wins() {
    let mut out = [0; 4];
    assert_eq!(parse_all(&["1", "2", "3"], &mut out), Ok(6));
    assert_eq!(out, [1, 2, 3, 0]);
    let words: Vec<String> =
        (0..1000).map(|i| if i % 97 == 96 { format!("{i}x") } else { i.to_string() }).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut out = vec![-1; 1000];
    assert!(parse_all(&words, &mut out).is_err());
    assert!(out[..96].iter().enumerate().all(|(i, x)| *x == i as i32));
}

#[test]
fn panics_keep_their_payload() {
    #[parallel_for]
    fn run() {
        for i in 0..1000 {
            if i % 100 == 50 {
                std::panic::panic_any(i);
            }
        }
    }
    let payload = std::panic::catch_unwind(run).unwrap_err();
    assert_eq!(payload.downcast_ref::<i32>(), Some(&50));
}
