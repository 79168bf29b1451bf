use joblib::parallel_for;

macro_rules! show {
    ($($shown:tt)*) => {
        println!("{:?}", $($shown)*)
    };
}

macro_rules! each {
    ($($statements:tt)*) => {
        $($statements)*
    };
}

#[parallel_for]
fn by_move(xs: &[u64]) -> u64 {
    let mut s = 0;
    #[parallel_for(reduce(+ = s))]
    for x in xs {
        (0..*x).for_each(move |y| s += y);
        each! {
            (0..*x).for_each(move |y| s += y);
        }
    }
    s
}

#[parallel_for]
fn by_methods(xs: &[u64]) -> (usize, usize) {
    let mut list = Vec::new();
    let mut other = Vec::new();
    let mut n = 0;
    #[parallel_for(reduce(+ = n, with(|a: Vec<u64>, b: Vec<u64>| [a, b].concat(), Vec::new()) = list))]
    for x in xs {
        list.push(*x);
        list.clear();
        std::mem::swap(&mut list, &mut other);
        n += list.len();
        other.extend(list.iter().map(|x| x + 1));
        list = merge(part(x)?, list);
    }
    (list.len(), n)
}

#[parallel_for]
fn in_macros(xs: &[u64]) -> (u64, u64) {
    let (mut s, mut most) = (0, 0);
    #[parallel_for(reduce(+ = s, max = most))]
    for x in xs {
        each! {
            if *x > most {
                most = *x;
            }
        }
        s += x;
    }
    (s, most)
}

#[parallel_for]
fn read_in_macros(xs: &[u64]) -> u64 {
    let mut s = 0;
    #[parallel_for(reduce(+ = s))]
    for x in xs {
        s += x;
        each! {
            s += 1;
        }
        show!(s + 1);
    }
    s
}

#[parallel_for]
fn inside(xs: &[u64]) -> (u64, u64) {
    let (mut most, mut at) = (0, 0);
    #[parallel_for(reduce(argmax(most) = at))]
    for x in xs {
        #[parallel_for(reduce(argmax(most) = at))]
        for y in 0..*x {
            if y > most {
                most = y;
                at = *x;
            }
        }
    }
    (most, at)
}

fn part(x: &u64) -> Option<Vec<u64>> {
    Some(vec![*x])
}

fn merge(a: Vec<u64>, b: Vec<u64>) -> Vec<u64> {
    [a, b].concat()
}

fn main() {}
