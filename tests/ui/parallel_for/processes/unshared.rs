use joblib::{parallel, parallel_for};

struct Model {
    bias: f64,
}

impl Model {
    #[parallel_for(backend = "processes")]
    fn predict(&self, rows: &[f64]) -> Vec<f64> {
        for row in rows {
            row + self.bias
        }
    }
}

#[parallel_for]
fn labels(names: &[String], prefix: &str, suffix: &str) -> Vec<String> {
    let digits = 3;
    #[parallel_for(backend = "processes", share(prefix))]
    for name in names {
        println!("{suffix}");
        format!("{prefix}{name:>digits$}", name = name, digits = digits)
    }
}

fn hidden(xs: &[f64]) -> Vec<f64> {
    let scale = 2.0;
    parallel! {
        #[backend = "processes"]
        for x in xs {
            x * scale
        }
    }
}

fn main() {
    Model { bias: 1.0 }.predict(&[]);
    labels(&[], "", "");
    hidden(&[]);
}
