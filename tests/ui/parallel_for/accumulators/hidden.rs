//! What a macro of one's own hides is left to the compiler, which knows the accumulator's type.

use joblib::parallel_for;

macro_rules! stop_above {
    ($s:ident, $limit:expr) => {
        if $s > $limit {
            break;
        }
    };
}

macro_rules! show {
    ($s:ident) => {
        println!("{}", $s)
    };
}

macro_rules! give {
    ($s:ident) => {
        return $s
    };
}

macro_rules! swap {
    ($s:ident, $t:ident) => {
        std::mem::swap(&mut $s, &mut $t)
    };
}

#[parallel_for]
fn hidden(n: u64) -> u64 {
    let (mut s, mut t) = (0_u64, 0_u64);
    #[parallel_for(reduce(+ = s, + = t))]
    for i in 0..n {
        s += i;
        t += i;
        stop_above!(s, 100);
        show!(s);
        swap!(s, t);
    }
    s + t
}

#[parallel_for]
fn given(n: u64) -> u64 {
    let mut s = 0_u64;
    #[parallel_for(reduce(+ = s))]
    for i in 0..n {
        s += i;
        give!(s);
    }
    s
}

fn main() {}
