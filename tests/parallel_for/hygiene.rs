//! Generated code names nothing by a name the user may have taken.
#![allow(dead_code, non_camel_case_types, unused_imports)]

use joblib::parallel_for;

mod core {}
mod std {}
struct Option;
struct Result;
struct Some;
struct None;
struct Iterator;
struct Exit;

trait Noise {
    fn next(&self) {}
    fn source(&self) {}
    fn run(&self) {}
    fn enumerate(&self) {}
    fn len(&self) {}
}
impl<T> Noise for T {}

#[parallel_for]
fn squares(xs: &[u32]) -> u32 {
    let (mut feed, exits, part, item, exit, source, left, plan) = (0, 1, 2, 3, 4, 5, 6, 7);
    #[parallel_for(reduce(+ = feed))]
    for x in xs.iter().skip(1) {
        feed += x * x + exits + part + item + exit + source + left + plan;
    }
    feed
}

#[test]
fn names_do_not_meet() {
    ::std::assert_eq!(squares(&[1, 2, 3]), 13 + 2 * 28);
}
