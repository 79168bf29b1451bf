//! Functions that `#[cached]` has to refuse, with the token that its error is to point at between `«` and
//! `»`.

use std::fmt::Write;

use crate::pairs::Setting;
use crate::pairs::tools::{At, Diagnostic, Tools};

/// The program, and a part of the message.
type Refusal = (&'static str, &'static str);

const TO_ARGUMENTS: &[Refusal] = &[
    ("#[cached] fn f(x: u32, opaque: «Opaque») -> u32 { x }", "`Opaque` cannot be part of a cache key"),
    ("#[cached] fn f(opaque: «&»Opaque, x: u32) -> u32 { x }", "`Opaque` cannot be part of a cache key"),
    ("#[cached] fn f<T>(value: «T») -> u32 { 1 }", "`T: serde::Serialize` is not satisfied"),
    ("#[cached] fn f(values: «Vec»<Opaque>) -> u32 { 1 }", "`Vec<Opaque>` cannot be part of a cache key"),
    ("#[cached] fn f(values: «impl» Fn()) -> u32 { 1 }", "a function has no value that can be part of a key"),
    (
        "#[cached] fn f(by: «fn»(f64) -> f64) -> u32 { 1 }",
        "a function has no value that can be part of a key",
    ),
    ("#[cached] fn f<F: Fn()>(by: «F») -> u32 { 1 }", "a function has no value that can be part of a key"),
    ("#[cached] async fn f(opaque: «Opaque») -> u32 { 1 }", "`Opaque` cannot be part of a cache key"),
    ("impl Opaque { #[cached] pub fn f(&«self») -> u32 { 1 } }", "`Opaque` cannot be part of a cache key"),
    (
        "#[cached(key = «opaque»)] fn f(opaque: Opaque) -> u32 { 1 }",
        "`&Opaque` cannot be part of a cache key",
    ),
    ("#[cached] fn f(buffer: «&»mut Vec<u8>) -> usize { 1 }", "cannot take `&mut Vec<u8>`"),
    ("#[cached] fn f<'a>(buffer: «&»'a mut [u8]) -> usize { 1 }", "cannot take `&mut [u8]`"),
    ("#[cached] async fn f(buffer: «&»mut u8) -> usize { 1 }", "cannot take `&mut u8`"),
    (
        "#[cached] fn f(buffer: «Option»<&mut u8>) -> usize { 1 }",
        "cannot take `std::option::Option<&mut u8>`",
    ),
    ("#[cached] fn f(buffer: «(u8, &mut u8)») -> usize { 1 }", "cannot take `(u8, &mut u8)`"),
    ("#[cached] fn f((a, b): «(u8, &mut u8)») -> usize { 1 }", "cannot take `(u8, &mut u8)`"),
    ("#[cached] fn f(buffer: «[&mut u8; 2]») -> usize { 1 }", "cannot take `[&mut u8; 2]`"),
    ("#[cached] fn f(buffer: «Box»<&mut u8>) -> usize { 1 }", "cannot take `Box<&mut u8>`"),
    ("#[cached] fn f(buffer: «Vec»<&mut Vec<u8>>) -> usize { 1 }", "cannot take `Vec<&mut Vec<u8>>`"),
    ("#[cached] fn f(buffer: «Alias»<'_>) -> usize { 1 }", "cannot take `&mut u8`"),
    ("#[cached] fn f(buffer: «&»&mut u8) -> usize { 1 }", "cannot take `&mut u8`"),
    ("#[cached] fn f(buffer: «&»[&mut u8]) -> usize { 1 }", "cannot take `[&mut u8]`"),
    ("#[cached] fn f(buffer: «(&mut u8)») -> usize { 1 }", "cannot take `&mut u8`"),
    ("#[cached] fn f(cell: «&»std::cell::Cell<u8>) -> usize { 1 }", "cannot take `Cell<u8>`"),
    (
        "#[cached] fn f(cell: «std»::sync::Arc<std::sync::Mutex<u8>>) -> usize { 1 }",
        "cannot take `Arc<std::sync::Mutex<u8>>`",
    ),
    ("#[cached] fn f(buffer: «std»::pin::Pin<&mut u8>) -> usize { 1 }", "cannot take `Pin<&mut u8>`"),
    ("impl Kept { #[cached] pub fn f(&mut «self») -> u32 { 1 } }", "cannot take `&mut Kept`"),
    ("impl Kept { #[cached] pub fn f(&'_ mut «self») -> u32 { 1 } }", "cannot take `&mut Kept`"),
    ("impl Kept { #[cached] pub fn f(«self»: &mut Self) -> u32 { 1 } }", "cannot take `&mut Kept`"),
    ("impl Kept { #[cached] pub fn f(«self»: std::pin::Pin<&mut Self>) -> u32 { 1 } }", "&mut"),
    (
        "#[cached(memory = m())] impl Kept { #[cached] pub fn f(&mut «self») -> u32 { 1 } }",
        "cannot take `&mut Kept`",
    ),
];

const TO_RESULTS: &[Refusal] = &[
    ("#[cached] fn f(x: u32) -> «Opaque» { Opaque }", "`Opaque` cannot be stored by `#[cached]`"),
    ("#[cached] fn f(x: u32) -> «Result»<Opaque, String> { Ok(Opaque) }", "cannot be stored by `#[cached]`"),
    ("#[cached] async fn f(x: u32) -> «Opaque» { Opaque }", "`Opaque` cannot be stored by `#[cached]`"),
    ("#[cached] fn f(x: u32) -> «Vec»<Opaque> { vec![] }", "cannot be stored by `#[cached]`"),
    (
        "#[cached(cache_err)] fn f(x: u32) -> «Result»<u8, Opaque> { Ok(1) }",
        "cannot be stored by `#[cached]`",
    ),
    (
        "#[cached(hot = \"1M\")] fn f(x: u32) -> «NotClone» { NotClone(x) }",
        "`NotClone` cannot be kept in memory by `hot`",
    ),
    ("#[cached] fn f(x: &str) -> «&str» { x }", "a reference cannot be stored"),
    ("#[cached] fn f(x: u8) -> «&'static str» { \"x\" }", "a reference cannot be stored"),
    ("#[cached] fn f(x: u32) -> «impl Iterator<Item = u32>» { 0..x }", "`impl Trait` cannot be stored"),
    ("#[cached] fn f(x: u32) -> Box<«impl Sized»> { Box::new(x) }", "`impl Trait` cannot be stored"),
    ("#[cached] fn f(x: u32) -> «!» { panic!() }", "a function that never answers has nothing to store"),
];

const TO_ITEMS: &[Refusal] = &[
    ("#[cached] «const» fn f(x: u32) -> u32 { x }", "a `const fn` cannot be cached"),
    ("#[cached] «unsafe» fn f(x: u32) -> u32 { x }", "an `unsafe fn` cannot be cached"),
    ("#[cached] «extern \"C\"» fn f(x: u32) -> u32 { x }", "an `extern` function cannot be cached"),
    ("#[cached] «struct» S;", "`#[cached]` stands on a function, a method or an impl block"),
    ("#[cached] «enum» E { A }", "`#[cached]` stands on a function, a method or an impl block"),
    ("#[cached] «mod» m {}", "`#[cached]` stands on a function, a method or an impl block"),
    ("#[cached] «static» S: u8 = 1;", "`#[cached]` stands on a function, a method or an impl block"),
    ("#[cached] «use» std::fmt;", "`#[cached]` stands on a function, a method or an impl block"),
    ("#[cached] «trait» T {}", "`#[cached]` stands on a function, a method or an impl block"),
    ("trait T { #[cached] fn f(&self) -> u32«;» }", "a cached function has a body"),
    ("«#[cached(dir = \"a\")]» impl Kept { pub fn f(&self) -> u32 { 1 } }", "no method inside is marked"),
    (
        "#[cached(«key» = 1)] impl Kept { #[cached] pub fn f(&self) -> u32 { 1 } }",
        "`key` belongs on a method",
    ),
];

const TO_OPTIONS: &[Refusal] = &[
    (
        "#[cached(«ignor» = [\"x\"])] fn f(x: u32) -> u32 { x }",
        "unknown option `ignor`: did you mean `ignore`?",
    ),
    (
        "#[cached(«max_byte» = \"1G\")] fn f(x: u32) -> u32 { x }",
        "unknown option `max_byte`: did you mean `max_bytes`?",
    ),
    ("#[cached(«nonsense»)] fn f(x: u32) -> u32 { x }", "unknown option `nonsense`: valid here: `dir`"),
    (
        "impl Kept { #[cached(«Ignore» = [\"self\"])] pub fn f(&self) -> u32 { 1 } }",
        "unknown option `Ignore`",
    ),
    ("#[cached(dir = \"a\", «memory» = m())] fn f(x: u32) -> u32 { x }", "both say where results are kept"),
    ("#[cached(key = x, «ignore» = [\"x\"])] fn f(x: u32) -> u32 { x }", "`ignore` has nothing left to do"),
    ("#[cached(dir = \"a\", «dir» = \"b\")] fn f(x: u32) -> u32 { x }", "`dir` is given twice"),
    ("#[cached(record_args, «record_args»)] fn f(x: u32) -> u32 { x }", "`record_args` is given twice"),
    ("#[cached(ignore = [\"x\", «\"x\"»])] fn f(x: u32) -> u32 { x }", "`x` is ignored twice"),
    ("#[cached(ignore = [«\"deubg\"»])] fn f(debug: bool) -> u32 { 1 }", "did you mean `debug`?"),
    ("#[cached(ignore = [«\"self\"»])] fn f(x: u32) -> u32 { 1 }", "no parameter is called `self`"),
    (
        "#[cached(ignore = [«\"slef\"»])] impl Kept { #[cached] pub fn f(&self) -> u32 { 1 } }",
        "did you mean `self`?",
    ),
    ("#[cached(ignore = «x»)] fn f(x: u32) -> u32 { x }", "names are written in quotes: `ignore = [\"x\"]`"),
    ("#[cached(ignore = [«3»])] fn f(x: u32) -> u32 { x }", "`ignore` takes names of parameters"),
    ("#[cached(«dir»)] fn f(x: u32) -> u32 { x }", "`dir` takes a value: write `dir = \"cache\"`"),
    ("#[cached(«key»)] fn f(x: u32) -> u32 { x }", "`key` takes a value"),
    ("#[cached(«salt»)] fn f(x: u32) -> u32 { x }", "`salt` takes a value"),
    ("#[cached(version = «2»)] fn f(x: u32) -> u32 { x }", "`version` takes a string literal"),
    ("#[cached(code = «\"reachabel\"»)] fn f(x: u32) -> u32 { x }", "did you mean `reachable`?"),
    ("#[cached(code = «binary»)] fn f(x: u32) -> u32 { x }", "`code` takes a string literal"),
    ("#[cached(expires_after = «\"7 fortnights\"»)] fn f(x: u32) -> u32 { x }", "is not a span of time"),
    ("#[cached(expires_after = «\"-1s\"»)] fn f(x: u32) -> u32 { x }", "is not a span of time"),
    ("#[cached(max_age = «\"\"»)] fn f(x: u32) -> u32 { x }", "is not a span of time"),
    ("#[cached(max_bytes = «\"lots\"»)] fn f(x: u32) -> u32 { x }", "`lots` is not a size"),
    ("#[cached(hot = «\"1Q\"»)] fn f(x: u32) -> u32 { x }", "`1Q` is not a size"),
    ("#[cached(mmap_mode = «\"rw\"»)] fn f(x: u32) -> u32 { x }", "`rw` is none of the modes"),
    ("#[cached(cache_err = «3»)] fn f(x: u32) -> u32 { x }", "`cache_err` is a switch"),
    ("#[cached(record_args = «\"yes\"»)] fn f(x: u32) -> u32 { x }", "`record_args` is a switch"),
    ("#[cached(depends(«\"a\"»))] fn f(x: u32) -> u32 { x }", "`depends` takes a list"),
    ("#[cached(depends = [«3»])] fn f(x: u32) -> u32 { x }", "`depends` takes paths"),
    ("#[cached(«hot» =)] fn f(x: u32) -> u32 { x }", "`hot =` lacks its value"),
    ("#[cached(version = \"1\" «salt» = 2)] fn f(x: u32) -> u32 { x }", "expected `,` between two options"),
    (
        "#[cached(dir = «format»!(\"{}\", x))] fn f(x: u32) -> u32 { x }",
        "`dir` is evaluated once, before any call",
    ),
    ("#[cached(memory = «\"cache\"»)] fn f(x: u32) -> u32 { x }", "mismatched types"),
    ("#[cached(max_items = «\"many\"»)] fn f(x: u32) -> u32 { x }", "`max_items` takes a whole number"),
    ("#[cached(verbose = «true»)] fn f(x: u32) -> u32 { x }", "`verbose` takes a whole number"),
    ("#[cached(hot = «true»)] fn f(x: u32) -> u32 { x }", "`hot` takes a size"),
    ("#[cached(compress = «\"zlibb\"»)] fn f(x: u32) -> u32 { x }", "did you mean `zlib`?"),
    ("#[cached(compress = (\"zlib\", «40»))] fn f(x: u32) -> u32 { x }", "`40` is no level of compression"),
    (
        "#[cached(cache_err)] fn f(x: u32) -> «u32» { x }",
        "`cache_err` keeps errors, but `u32` is not a `Result`",
    ),
    ("#[cached] «#[cached(version = \"1\")]» fn f(x: u32) -> u32 { x }", "`#[cached]` stands here twice"),
    ("#[cached(validate = «always»)] fn f(x: u32) -> u32 { x }", "type mismatch in function arguments"),
    ("#[cached(validate = «3»)] fn f(x: u32) -> u32 { x }", "expected a `Fn"),
    ("#[cached(expires_after = «3»)] fn f(x: u32) -> u32 { x }", "`expires_after` takes a span of time"),
    ("#[cached(salt = «Opaque»)] fn f(x: u32) -> u32 { x }", "Opaque"),
    ("#[cached(depends = [«nowhere»])] fn f(x: u32) -> u32 { x }", "nowhere"),
    ("#[cached(key = «y»)] fn f(x: u32) -> u32 { x }", "cannot find value `y`"),
    ("#[cached(crate = «\"no_such_crate\"»)] fn f(x: u32) -> u32 { x }", "no_such_crate"),
];

const TO_BODIES: &[Refusal] = &[
    ("#[cached] fn f(x: u32) -> u32 { let y: u64 = «x»; x }", "mismatched types"),
    ("#[cached] fn f(x: u32) -> u32 { «\"text\"» }", "mismatched types"),
    ("#[cached] fn f(x: u32) -> u32 { «nothing»() }", "cannot find function `nothing`"),
    ("#[cached] async fn f(x: u32) -> u32 { «\"text\"» }", "mismatched types"),
    ("#[cached] fn f(x: u32) -> u32 { some(x)«?» }", "the `?` operator can only be used"),
    ("#[cached] fn f(x: u32) -> u32 { «break» }", "`break` inside of a closure"),
    ("#[cached] fn f(x: u32) -> u32 «{ }»", "mismatched types"),
];

const BESIDE: &str = "#[allow(unused_imports)] use joblib::cached; pub struct Opaque; \
    #[derive(serde::Serialize, serde::Deserialize)] pub struct NotClone(pub u32); \
    #[derive(serde::Serialize)] pub struct Kept; pub fn m() -> joblib::Memory { joblib::Memory::disabled() } \
    pub fn always(_: u32) -> bool { true } pub fn some(x: u32) -> Option<u32> { Some(x) } \
    pub type Alias<'a> = &'a mut u8;";

/// What is not refused, or otherwise.
pub(crate) fn wrong(tools: &Tools, setting: Setting) -> Vec<String> {
    let all = [TO_ARGUMENTS, TO_RESULTS, TO_ITEMS, TO_OPTIONS, TO_BODIES].concat();
    let mut open: Vec<Refusal> = all;
    let mut wrong = Vec::new();
    // Some errors are found only where there are no others.
    while !open.is_empty() {
        let (places, diagnostics) = compiled(tools, setting, &open);
        let said = |i: usize, error: &Diagnostic| error.message.replace(&format!("r{i}::"), "");
        let of = |i: usize| {
            let here = |error: &&Diagnostic| error.at.is_some_and(|at| at.start.0 == places[i].start.0);
            diagnostics.iter().filter(|diagnostic| diagnostic.error).filter(here).collect::<Vec<_>>()
        };
        let mut left = Vec::new();
        for (i, (program, message)) in open.iter().enumerate() {
            let errors = of(i);
            let right = |error: &&Diagnostic| error.at == Some(places[i]) && said(i, error).contains(message);
            if errors.is_empty() {
                left.push((*program, *message));
            } else if !errors.iter().any(right) {
                let start = places[i].start.1 - before(program, '«');
                let place = |error: &Diagnostic| {
                    let at = error.at.map_or((0, 0), |at| (at.start.1, at.end.1));
                    let program = program.replace(['«', '»'], "");
                    let length = at.1.saturating_sub(at.0);
                    program.chars().skip(at.0.saturating_sub(start)).take(length).collect::<String>()
                };
                let texts = errors.iter().map(|error| format!("at `{}`: {}", place(error), said(i, error)));
                let texts: Vec<String> = texts.collect();
                wrong.push(format!("{program}\n  wanted: {message}\n  {}", texts.join("\n  ")));
            }
        }
        if left.len() == open.len() {
            wrong.extend(left.iter().map(|(program, _)| format!("{program}\nis not refused")));
            break;
        }
        open = left;
    }
    wrong
}

/// How many characters of the program stand in front of a mark.
fn before(program: &str, mark: char) -> usize {
    program.chars().take_while(|c| *c != mark).filter(|c| *c != '«').count()
}

/// One crate of these programs, each on a line of its own, and where the marks are in it.
fn compiled(tools: &Tools, setting: Setting, open: &[Refusal]) -> (Vec<At>, Vec<Diagnostic>) {
    let mut text = String::from("#![allow(warnings)]\n");
    let mut places = Vec::new();
    for (i, (program, _)) in open.iter().enumerate() {
        let _ = write!(text, "pub mod r{i} {{ {BESIDE} ");
        let line = text.lines().count();
        let column = text.lines().last().map_or(0, |line| line.chars().count()) + 1;
        let place = |mark: char| (line, column + before(program, mark));
        places.push(At { start: place('«'), end: place('»') });
        text += &program.replace(['«', '»'], "");
        text += " }\n";
    }
    let folder = tools.folder();
    let source = folder.join("refused.rs");
    std::fs::write(&source, text).unwrap();
    let output = format!("-o{}", folder.join("librefused.rmeta").display());
    let arguments = ["--crate-type=rlib", "--crate-name=refused", "--emit=metadata", &output];
    let (_, diagnostics) = tools.compile(setting, &source, &arguments);
    let _ = std::fs::remove_dir_all(&folder);
    (places, diagnostics)
}
