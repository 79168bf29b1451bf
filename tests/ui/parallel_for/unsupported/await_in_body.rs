use joblib::parallel_for;

async fn fetch(_: u32) -> u32 {
    0
}

#[parallel_for]
async fn f(xs: &[u32]) {
    for x in xs {
        let later = async { fetch(*x).await };
        later.await;
    }
}

fn main() {}
