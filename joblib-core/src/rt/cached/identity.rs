//! Who a function is: its path as the compiler names it.

use std::any::TypeId;
use std::hash::Hash;
use xxhash_rust::xxh3::Xxh3;

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

/// Where a cached function is written, as far as the macro can see.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// The function's name.
    pub name: &'static str,
    /// How many functions of the name stand before it in other blocks of the same function.
    pub position: u32,
    /// The module around it.
    pub module: &'static str,
    /// Whether it belongs to a type.
    pub is_method: bool,
    /// Whether it stands in a macro, so that one place may become several functions.
    pub in_macro: bool,
    /// The paths of all modules of the crate, a line each, where they are known and may be needed.
    pub modules: Option<&'static str>,
}

/// What a function is known by in the cache.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// Its path as the compiler names it, with its type arguments.
    pub(super) path: Vec<String>,
    /// Whether the path alone does not tell it: functions and types of one name can stand in several blocks
    /// of a function, which have no names. Then the compiler's number for it is part of the path. That number
    /// says nothing about another build.
    pub(super) is_local: bool,
}

impl Identity {
    /// Of the function with a closure of this type.
    ///
    /// The closure stands in what was generated for a function `f`: in `f` itself, or in `__function` of a
    /// type `f`, or in `__f_function`; all are `f`.
    pub(super) fn of(type_name: &str, type_id: Option<TypeId>, written: &Written) -> Self {
        let mut path = segments(type_name);
        let last = path.pop().unwrap_or_default();
        let (companion, arguments) = last.split_at(last.find('<').unwrap_or(last.len()));
        if companion == "__function" && path.last().is_some_and(|above| above == written.name) {
            path.pop();
        }
        let repeats = written.in_macro && stands_in_a_function(&path, written);
        let is_local =
            repeats || written.modules.is_some_and(|modules| names_local(type_name, modules, written));
        let mut own = format!("{}{arguments}", written.name);
        if written.position > 0 {
            own += &format!("#{}", written.position);
        }
        if is_local {
            let mut number = Xxh3::new();
            type_id.hash(&mut number);
            own += &format!("#{:016x}", number.digest());
        }
        path.push(own);
        Self { path, is_local }
    }
}

/// Whether the path around a function has more in it than its module and its type.
fn stands_in_a_function(around: &[String], written: &Written) -> bool {
    if around.first().is_some_and(|first| first.starts_with('<')) {
        // `<S as Trait>::method::..`
        return around.len() > 1;
    }
    let module = written.module.split("::").count();
    let in_module = around.iter().map(String::as_str).take(module).eq(written.module.split("::"));
    // A method of another module's type is not told from one in a function.
    !in_module || around.len() > module + usize::from(written.is_method)
}

/// Whether a type in brackets may be one of several with its name: in a function of this crate, a closure, or
/// a pointer to a function, whose lifetimes have no names.
fn names_local(type_name: &str, modules: &str, written: &Written) -> bool {
    let own = written.module.split("::").next().unwrap_or_default();
    let Some(bracket) = type_name.find('<') else { return false };
    let arguments = type_name[bracket..].trim_end_matches("::{{closure}}");
    if ["{{", "fn(", "Fn("].iter().any(|part| arguments.contains(part)) || goes_on_in_brackets(arguments) {
        return true;
    }
    let is_path = |char: char| char == ':' || char == '_' || char.is_alphanumeric();
    arguments.split(|char| !is_path(char)).any(|path| {
        let Some(inside) = path.strip_prefix(own).and_then(|rest| rest.strip_prefix("::")) else {
            return false;
        };
        let module = inside.rsplit_once("::").map_or("", |(module, _)| module);
        !module.is_empty() && !modules.lines().any(|known| known == module)
    })
}

/// Whether a path in brackets goes on behind brackets of its own, `<S as Trait>::method::L`: that is in a
/// method.
fn goes_on_in_brackets(arguments: &str) -> bool {
    let mut depth = 0usize;
    arguments.char_indices().any(|(at, char)| {
        match char {
            '<' => depth += 1,
            '>' if !arguments[..at].ends_with('-') => depth = depth.saturating_sub(1),
            _ => return false,
        }
        char == '>' && depth > 0 && arguments[at + 1..].starts_with("::")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &'static str) -> Written {
        let module = "a::m";
        Written { name, position: 0, module, is_method: false, in_macro: false, modules: Some("m\nm::n") }
    }

    fn path(type_name: &str, written: Written) -> Vec<String> {
        let Identity { path, is_local } = Identity::of(type_name, Some(TypeId::of::<u8>()), &written);
        assert!(!is_local, "{type_name}");
        path
    }

    fn is_local(type_name: &str, written: Written) -> bool {
        Identity::of(type_name, Some(TypeId::of::<u8>()), &written).is_local
    }

    #[test]
    fn names_come_apart_between_their_brackets() {
        assert_eq!(segments("a::b::f<c::T, 3>::{{closure}}"), ["a", "b", "f<c::T, 3>"]);
        assert_eq!(segments("<a::S<u8> as a::Tr>::tm::{{closure}}"), ["<a::S<u8> as a::Tr>", "tm"]);
        assert_eq!(segments("a::f<fn(b::X) -> c::Y>::g"), ["a", "f<fn(b::X) -> c::Y>", "g"]);
    }

    #[test]
    fn a_function_is_what_its_companion_says() {
        for name in
            ["a::m::f::{{closure}}", "a::m::f::__function::{{closure}}", "a::m::__f_function::{{closure}}"]
        {
            assert_eq!(path(name, written("f")), ["a", "m", "f"], "{name}");
        }
        let second = Written { position: 2, ..written("f") };
        assert_eq!(path("a::m::g::f::__function<u8>::{{closure}}", second), ["a", "m", "g", "f<u8>#2"]);
        let method = "a::m::S<u8>::__f_function<u16>::{{closure}}";
        assert_eq!(path(method, written("f")), ["a", "m", "S<u8>", "f<u16>"]);
        let odd = written("__function");
        assert_eq!(path("a::m::__function::__function::{{closure}}", odd), ["a", "m", "__function"]);
    }

    #[test]
    fn types_of_functions_are_local() {
        let local = [
            "a::m::f::__function<a::main::L>::{{closure}}",
            "a::m::f::__function<alloc::vec::Vec<a::m::g::L>>::{{closure}}",
            "a::m::f::__function<b::main::{{closure}}>::{{closure}}",
            "<a::m::o::L as a::Tr>::f::{{closure}}",
            "a::m::W<a::main::L>::__f_function::{{closure}}",
            "a::m::f::__function<<a::S as a::Tr>::g::L>::{{closure}}",
            "a::m::f::__function<fn(&u8) -> &u8>::{{closure}}",
        ];
        assert!(local.iter().all(|name| is_local(name, written("f"))));
        let not = [
            "a::m::f::__function<a::L>::{{closure}}",
            "a::m::f::__function<a::m::n::L, b::main::L>::{{closure}}",
            "a::m::f::__function<core::option::Option<ab::x::L>>::{{closure}}",
            "a::m::g::{{closure}}::f::__function::{{closure}}",
            "<a::m::L as a::Tr<u8>>::f::{{closure}}",
        ];
        assert!(!not.iter().any(|name| is_local(name, written("f"))));
    }

    #[test]
    fn functions_that_a_macro_makes_in_functions_are_local() {
        let made = Written { in_macro: true, ..written("f") };
        assert!(is_local("a::m::g::f::__function::{{closure}}", made));
        assert!(!is_local("a::m::f::__function::{{closure}}", made));
        let method = Written { is_method: true, ..made };
        assert!(is_local("a::m::g::S::__f_function::{{closure}}", method));
        assert!(!is_local("a::m::S::__f_function::{{closure}}", method));
        assert!(!is_local("<a::m::S as a::Tr>::f::{{closure}}", method));
        assert!(is_local("<a::m::S as a::Tr>::h::f::__function::{{closure}}", made));
        assert!(is_local("<a::m::S as a::Tr>::h::S::__f_function::{{closure}}", method));
    }
}
