//! Functions and types of one name in several blocks, from one build to the next.

use crate::project::Project;

const MAIN: &str = r##"
use joblib::cached;

trait Rate {
    const RATE: u32;
}

#[cached(dir = "cache")]
fn rated<T: Rate>(x: u32) -> u32 {
    x * T::RATE
}

macro_rules! made {
    ($k:expr) => {{
        const K: u32 = $k;
        #[cached(dir = "cache")]
        fn f(x: u32) -> u32 {
            x + K
        }
        f(1)
    }};
}

fn first() -> Vec<u32> {
    let mut values = Vec::new();
    {
        const K: u32 = 10;
        struct L;
        impl Rate for L {
            const RATE: u32 = 10;
        }
        #[cached(dir = "cache")]
        fn f(x: u32) -> u32 {
            x + K
        }
        #[cached(dir = "cache", code = "binary")]
        fn g(x: u32) -> u32 {
            x + K
        }
        struct S;
        impl S {
            fn k() -> u32 {
                K
            }
            #[cached(dir = "cache")]
            fn m(x: u32) -> u32 {
                x + Self::k()
            }
        }
        trait Go {
            fn go(&self) -> u32 {
                11
            }
        }
        impl<T> Go for T {}
        #[cached(dir = "cache")]
        fn h(x: u32) -> u32 {
            x.go()
        }
        values.extend([f(1), g(1), S::m(1), rated::<L>(1), made!(10), h(1)]);
    }
    // second
    {
        const K: u32 = 20;
        struct L;
        impl Rate for L {
            const RATE: u32 = 20;
        }
        #[cached(dir = "cache")]
        fn f(x: u32) -> u32 {
            x + K
        }
        #[cached(dir = "cache", code = "binary")]
        fn g(x: u32) -> u32 {
            x + K
        }
        struct S;
        impl S {
            fn k() -> u32 {
                K
            }
            #[cached(dir = "cache")]
            fn m(x: u32) -> u32 {
                x + Self::k()
            }
        }
        trait Go {
            fn go(&self) -> u32 {
                21
            }
        }
        impl<T> Go for T {}
        #[cached(dir = "cache")]
        fn h(x: u32) -> u32 {
            x.go()
        }
        values.extend([f(1), g(1), S::m(1), rated::<L>(1), made!(20), h(1)]);
    }
    values
}

fn main() {
    println!("values {:?}", first());
}
"##;

#[test]
fn blocks_that_change_places_serve_their_own_results() {
    let project = Project::new("blocks", &[("app/src/main.rs", MAIN), ("other/src/lib.rs", "")]);
    let main = "app/src/main.rs";
    let plain = |k: u32| [k + 1, k + 1, k + 1, k, k + 1, k + 1];
    let values = |blocks: [u32; 2]| format!("{:?}", blocks.map(plain).concat());
    for _ in 0..2 {
        assert_eq!(project.run(&[], &[])["values"], values([10, 20]));
    }
    for (from, to) in [("10", "x10"), ("20", "10"), ("x10", "20"), ("11", "x11"), ("21", "11"), ("x11", "21")]
    {
        project.edit(main, from, to);
    }
    assert_eq!(project.run(&[], &[])["values"], values([20, 10]));

    project.write(
        main,
        &MAIN.replacen(
            "    {\n        const K: u32 = 10;",
            "    #[cfg(any())]\n    {\n        const K: u32 = 10;",
            1,
        ),
    );
    assert_eq!(project.run(&[], &[])["values"], format!("{:?}", plain(20)));

    let one_more = "    {\n        const K: u32 = 30;\n        #[cached(dir = \"cache\")]\n        fn f(x: u32) -> u32 {\n            x + K\n        }\n        values.push(f(1));\n    }\n    // second";
    project.write(main, &MAIN.replace("    // second", one_more));
    let expected = [&plain(10)[..], &[31], &plain(20)].concat();
    assert_eq!(project.run(&[], &[])["values"], format!("{expected:?}"));
}
