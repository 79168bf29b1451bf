fn main() {
    let mut total = 0;
    #[joblib::parallel_for(reduce(+ = total))]
    for i in 0..10 {
        total += i;
    }
    println!("{total}");
}
