//! Who a function is: its path as the compiler names it.

/// The parts of a type's name: `a::b::f<c::T>::{{closure}}` is `a`, `b`, `f<c::T>`.
///
/// The compiler names the closures in a function after the function, with the functions, impl blocks and type
/// arguments around it; the closures themselves are left out.
#[must_use]
pub(crate) fn segments(type_name: &str) -> Vec<String> {
    let mut segments = Vec::new();
    let mut depth = 0usize;
    let mut start = 0;
    let bytes = type_name.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'<' | b'(' | b'[' => depth += 1,
            // `->` closes nothing.
            b'>' if at > 0 && bytes[at - 1] == b'-' => {}
            b'>' | b')' | b']' => depth = depth.saturating_sub(1),
            b':' if depth == 0 && bytes.get(at + 1) == Some(&b':') => {
                push(&mut segments, &type_name[start..at]);
                start = at + 2;
            }
            _ => {}
        }
    }
    push(&mut segments, &type_name[start..]);
    segments
}

fn push(segments: &mut Vec<String>, segment: &str) {
    if !segment.is_empty() && segment != "{{closure}}" {
        segments.push(segment.to_owned());
    }
}

/// The path of a cached function, from the name of a closure in what was generated for it.
///
/// That is, for a function `f`, `f` itself, `f::entry` or `f::memo` with `f` a type, `f_entry` or `f_memo`; all are
/// `f`. Functions of one path and the same tokens, such as in two blocks of a function, are told apart by `ordinal`.
pub(super) fn path_of(type_name: &str, name: &str, ordinal: u32) -> Vec<String> {
    let mut path = segments(type_name);
    if let Some(last) = path.pop() {
        let (ident, arguments) = last.split_at(last.find('<').unwrap_or(last.len()));
        if matches!(ident, "entry" | "memo") && path.last().is_some_and(|above| above == name) {
            path.pop();
        }
        let own = format!("{name}{arguments}");
        path.push(if ordinal == 0 { own } else { format!("{own}#{ordinal}") });
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_apart_between_their_brackets() {
        assert_eq!(segments("a::b::f<c::T, 3>::{{closure}}"), ["a", "b", "f<c::T, 3>"]);
        assert_eq!(segments("<a::S<u8> as a::Tr>::tm::{{closure}}"), ["<a::S<u8> as a::Tr>", "tm"]);
        assert_eq!(segments("a::f<fn(b::X) -> c::Y>::g"), ["a", "f<fn(b::X) -> c::Y>", "g"]);
    }

    #[test]
    fn a_function_and_its_companions_are_one() {
        for name in [
            "a::f::{{closure}}",
            "a::f::entry::{{closure}}",
            "a::f::memo::{{closure}}",
            "a::f_memo::{{closure}}",
        ] {
            assert_eq!(path_of(name, "f", 0), ["a", "f"], "{name}");
        }
        assert_eq!(path_of("a::f::entry<u8>::{{closure}}", "f", 2), ["a", "f<u8>#2"]);
        assert_eq!(path_of("a::S<u8>::f_entry<u16>::{{closure}}", "f", 0), ["a", "S<u8>", "f<u16>"]);
    }

    #[test]
    fn a_function_called_entry_is_not_taken_for_a_companion() {
        assert_eq!(path_of("a::entry::{{closure}}", "entry", 0), ["a", "entry"]);
        assert_eq!(path_of("a::entry::entry::{{closure}}", "entry", 0), ["a", "entry"]);
        assert_eq!(path_of("entry::entry::{{closure}}", "entry", 0), ["entry"]);
    }
}
