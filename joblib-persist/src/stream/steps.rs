//! Where in the value the encoder is: the fields, keys and indices that lead there.

use super::names;

/// One step: the position in the main stream of the key that was written last in a container, or the index of
/// the element, marked by the highest bit. Noting it costs one store per field; it becomes text only for
/// large arrays.
#[derive(Clone, Copy, Default)]
pub(super) struct Step(usize);

const INDEX: usize = 1 << (usize::BITS - 1);

impl Step {
    #[inline(always)]
    pub(super) fn key_at(position: usize) -> Self {
        Self(position)
    }

    #[inline(always)]
    pub(super) fn index(index: usize) -> Self {
        Self(INDEX | index)
    }
}

/// The steps from the value to an array in it, outermost first.
#[derive(Clone, Copy)]
pub(crate) struct Steps<'a>(pub(super) &'a [Step]);

impl Steps<'_> {
    /// The array's name, for a member of an archive; empty for the value itself. `stream` is the main stream
    /// so far, from its beginning.
    pub(crate) fn name(&self, stream: &[u8]) -> String {
        let mut name = String::new();
        for Step(step) in self.0 {
            if !name.is_empty() {
                name.push('.');
            }
            match step & INDEX {
                0 => name.push_str(&names::key_in(stream.get(*step..).unwrap_or_default())),
                _ => name.push_str(&(step & !INDEX).to_string()),
            }
        }
        name
    }
}
