use joblib::parallel_for;

#[parallel_for]
fn directly(n: u64) -> u64 {
    let mut s = 0;
    #[parallel_for(reduce(+ = s))]
    for i in 0..n {
        s += i;
        if s > 100 {
            break;
        }
    }
    s
}

#[parallel_for]
fn by_what_leaves(n: u64) -> u64 {
    let (mut s, mut t) = (0, 0);
    #[parallel_for(reduce(+ = s, * = t))]
    for i in 0..n {
        s += i * t;
        if i == 5 {
            return s;
        }
    }
    s
}

#[parallel_for]
fn elsewhere(n: u64) -> u64 {
    let mut s = 0;
    #[parallel_for(reduce(+ = s))]
    for i in 0..n {
        s += f(s);
        g(&s);
        g(&mut s);
        println!("{s} {}", s);
        assert!(s < 100);
        let add = |x| s + x;
        add(i);
    }
    s
}

#[parallel_for]
fn of_ones_own_type(words: &[&str]) -> Vec<String> {
    let (mut all, mut n) = (Vec::new(), 0);
    #[parallel_for(reduce(with(|mut a: Vec<String>, b| { a.extend(b); a }, Vec::new()) = all, + = n))]
    for word in words {
        if all.len() < 10 {
            all.push(word.to_string());
        }
        n += all.len();
    }
    all
}

#[parallel_for]
fn by_comparing(xs: &[u64]) -> (u64, usize) {
    let (mut best, mut at) = (0, 0);
    #[parallel_for(reduce(max = best, max = at))]
    for (i, x) in xs.iter().enumerate() {
        if *x > best {
            best = *x;
            at = i;
        }
    }
    (best, at)
}

fn f(x: u64) -> u64 {
    x
}

fn g<T>(_: T) {}

fn main() {}
