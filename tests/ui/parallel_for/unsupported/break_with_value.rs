use joblib::parallel_for;

#[parallel_for]
fn f(xs: &[u32]) -> u32 {
    'all: for x in xs {
        let twice = loop {
            break x * 2;
        };
        if twice > 7 {
            break twice;
        }
        if twice > 5 {
            break 'all x;
        }
    }
    0
}

fn main() {}
