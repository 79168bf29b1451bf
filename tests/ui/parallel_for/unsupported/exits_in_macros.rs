use joblib::parallel_for;

macro_rules! either {
    ($e:ident ?) => {
        1
    };
    ($e:expr) => {
        $e
    };
}

#[parallel_for]
fn f(xs: &[Option<u32>]) -> Option<u32> {
    let mut sum = 0;
    'rounds: for _ in 0..2 {
        #[parallel_for(reduce(+ = sum))]
        for x in xs {
            let x = *x;
            sum += either!(x?);
            sum += either!(if sum_is_enough() { return None } else { 1 });
            sum += either!(if sum_is_enough() { break 'rounds } else { 1 });
            dbg!(x?);
        }
    }
    Some(sum)
}

fn sum_is_enough() -> bool {
    false
}

fn main() {}
