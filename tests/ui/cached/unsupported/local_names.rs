use joblib::cached;

fn main() {
    {
        #[cached(code = "none")]
        fn f(x: u8) -> u8 {
            x
        }
        f(1);
    }
    {
        #[cached(code = "body")]
        fn f(x: u8) -> u8 {
            x
        }
        f(1);
    }
    {
        #[cached]
        fn f(x: u8) -> u8 {
            x
        }
        f(1);
    }
}
