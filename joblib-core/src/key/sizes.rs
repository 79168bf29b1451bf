//! Lists of `usize` and `isize` on machines where these have fewer than 64 bits: their memory is not that of
//! the array of 64-bit numbers that they are everywhere else, so it is made element by element. So is that of
//! numbers whose crate is left out.

use super::error::Unhashable;
use super::gather::Gather;
use super::shape::Shape;
use super::stream::Stream;
use serde::Serialize;
use std::any::TypeId;

/// Whether `collect_seq` was called by a slice or vector of `usize` or `isize`.
pub(super) fn is_list<I>() -> bool {
    let id = typeid::of::<I>();
    id == TypeId::of::<&'static [usize]>()
        || id == TypeId::of::<&'static Vec<usize>>()
        || id == TypeId::of::<&'static [isize]>()
        || id == TypeId::of::<&'static Vec<isize>>()
}

/// Feeds such a list.
pub(super) fn put<I>(stream: &mut Stream, list: I) -> Result<(), Unhashable>
where
    I: IntoIterator,
    I::Item: Serialize,
{
    let items: Vec<I::Item> = list.into_iter().collect();
    let mut gather = Gather::new(stream, Shape::line(items.len()));
    items.iter().try_for_each(|item| gather.element(item))?;
    gather.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::serializer;

    #[test]
    fn made_element_by_element_they_are_the_arrays_of_a_64_bit_machine() {
        let digest = |feed: &dyn Fn(&mut Stream)| {
            let mut stream = Stream::new();
            feed(&mut stream);
            stream.take_digest()
        };
        for sizes in [vec![], vec![1usize, 2, 3], (0..200_000).collect()] {
            assert!(is_list::<&Vec<usize>>() && is_list::<&[isize]>() && !is_list::<&Vec<u64>>());
            let by_element = digest(&|stream| put(stream, &sizes).unwrap());
            let wide: Vec<u64> = sizes.iter().map(|&size| size as u64).collect();
            let by_memory = digest(&|stream| serializer::put(stream, &wide).unwrap());
            assert_eq!(by_element, by_memory, "{} sizes", sizes.len());
        }
    }
}
