use joblib::cached;

#[cached]
fn fill(buffer: &mut Vec<u8>, value: u8) -> usize {
    buffer.push(value);
    buffer.len()
}

#[derive(serde::Serialize)]
struct Counter(u32);

impl Counter {
    #[cached]
    pub fn next(&mut self) -> u32 {
        self.0 += 1;
        self.0
    }
}

fn main() {
    fill(&mut Vec::new(), 1);
    Counter(0).next();
}
