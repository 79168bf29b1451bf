use joblib::parallel_for;

#[parallel_for]
fn f(table: &[Vec<u32>]) -> u32 {
    let mut sum = 0;
    #[parallel_for]
    for row in table {
        #[parallel_for(reduce(+ = sum))]
        for x in row {
            sum += x;
        }
    }
    sum
}

fn main() {}
