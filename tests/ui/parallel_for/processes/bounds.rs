use joblib::parallel_for;
use std::rc::Rc;

struct Own(u32);

#[parallel_for(backend = "processes")]
fn items(words: &[&str]) {
    for word in words {
        let _ = word.len();
    }
}

#[parallel_for(backend = "processes")]
fn values(n: u32) -> Vec<Own> {
    for i in 0..n {
        Own(i)
    }
}

#[parallel_for(backend = "processes")]
fn errors(names: &[String]) -> Result<(), std::io::Error> {
    for name in names {
        std::fs::remove_file(name)?;
    }
    Ok(())
}

#[parallel_for]
fn written(out: &mut Vec<u32>, own: Own, counted: Rc<u32>) {
    #[parallel_for(backend = "processes", share(out))]
    for i in 0..3 {
        let _ = out.len() + i;
    }
    #[parallel_for(backend = "processes", share(own))]
    for i in 0..3 {
        let _ = own.0 + i;
    }
    #[parallel_for(backend = "processes", share(counted))]
    for i in 0..3 {
        let _ = *counted + i;
    }
}

fn main() {
    items(&[]);
    let _ = values(1);
    let _ = errors(&[]);
    written(&mut Vec::new(), Own(1), Rc::new(1));
}
