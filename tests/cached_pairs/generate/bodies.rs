//! Statements.

use crate::program::{Fails, Feature, Stmt};
use crate::random::Random;

const LINES: &[(Feature, usize, &str)] = &[
    ("", 8, "s = step(s, @);"),
    ("", 4, "at(#, @);"),
    ("", 2, "let t# = @; s = s.wrapping_add(t#);"),
    ("early_return", 5, "if @ & 3 == 2 { at(#, 0); return RETURN; }"),
    ("overflow", 2, "let t#: i64 = @; s = (t# & 0xffff) * 3 - 1;"),
    ("closures", 4, "let call# = |x: i64| { if x & 1 == 0 { return s; } x ^ s }; s = call#(@);"),
    ("closures", 2, "let mut call# = |x: i64| s ^= x; call#(~); call#(3);"),
    ("closures", 1, "let call# = move || s; s = call#().wrapping_add(@);"),
    ("labels", 3, "s ^= 'l#: { if @ & 1 == 0 { break 'l# 1; } 2 };"),
    ("labels", 3, "'l#: loop { loop { if s & 1 == 0 { break 'l#; } s = s.wrapping_mul(2); continue 'l#; } }"),
    ("loops", 3, "for i in 0..(@ & 3) { if i == 2 { break; } s = step(s, i); }"),
    ("loops", 2, "let mut n# = @ & 7; while n# > 0 { n# -= 1; s = step(s, n#); }"),
    ("loops", 2, "s = (0..@ & 7).filter(|i| i & 1 == 0).fold(s, step);"),
    ("matches", 3, "s ^= match @ & 3 { 0 => 5, x if x > 2 => x, _ => s & 1 };"),
    ("let_else", 3, "let Some(t#) = some(@) else { at(#, 1); return RETURN; }; s = step(s, t#);"),
    ("if_let", 2, "if let Some(t#) = some(@) { s ^= t#; }"),
    ("panics", 3, "if @ & 7 == 5 { panic!(\"odd {s}\"); }"),
    ("panics", 2, "if @ & 7 == 5 { panic!(\"always the same\"); }"),
    ("panics", 2, "if @ & 7 == 5 { std::panic::panic_any(Fault::Low(s)); }"),
    ("panics", 1, "if @ & 7 == 5 { std::panic::panic_any(5_i64); }"),
    ("panics", 2, "assert!(@ & 7 != 5, \"{s} is odd\");"),
    ("panics", 2, "s = [s, 1, 2, 3, 4][(@ & 7) as usize];"),
    ("panics", 1, "u8::try_from(@).expect(\"a byte\");"),
    ("panics", 1, "if @ & 7 == 5 { todo!(); }"),
    ("panics", 1, "if @ & 7 == 5 { unimplemented!(\"{}\", s) }"),
    ("panics_with_guards", 3, "let _held# = d(\"b#\", 1); if @ & 7 == 5 { panic!(\"with a guard\"); }"),
    (
        "caught",
        2,
        "s ^= std::panic::catch_unwind(|| { if s & 1 == 0 { panic!(\"inside\") }; 3 }).unwrap_or(4);",
    ),
    ("items", 3, "fn helper#(x: i64) -> i64 { x.wrapping_add(1) } s = helper#(@);"),
    ("items", 2, "const C#: i64 = 9; static S#: i64 = C# + 1; s = step(s, S# ^ @);"),
    (
        "items",
        2,
        "struct Local#(i64); impl Local# { fn twice(&self) -> i64 { self.0.wrapping_mul(2) } } s ^= Local#(@).twice();",
    ),
    ("items", 1, "enum E# { A = 3, B } s ^= if @ & 1 == 0 { E#::A as i64 } else { E#::B as i64 };"),
    (
        "items",
        1,
        "trait Own# { fn own#(&self) -> i64; } impl Own# for i64 { fn own#(&self) -> i64 { *self ^ 3 } } let t#: i64 = @; s = t#.own#();",
    ),
    (
        "items",
        1,
        "mod inner# { pub(super) fn one() -> i64 { 1 } } s = s.wrapping_add(inner#::one()); at(#, @);",
    ),
    ("items", 1, "use std::cmp::max as max#; s = max#(s, @);"),
    ("macros", 2, "macro_rules! own# { ($e:expr) => { step($e, 1) } } s = own#!(@);"),
    ("macros", 1, "s = s.wrapping_add(i64::from(matches!(@ & 3, 1 | 2)));"),
    ("macros", 2, "let t# = @ & 7; s = ask!(t# ?).unwrap_or(0) ^ s;"),
    ("macros", 1, "let v# = vec![@, s]; s = v#.iter().fold(0, |a, b| a ^ b);"),
    ("guards", 4, "let _held# = d(\"b#\", @);"),
    ("guards", 2, "let _ = d(\"b#\", @);"),
    ("guards", 2, "let held# = d(\"b#\", @); let held# = d(\"c#\", held#.id); s ^= held#.id;"),
    ("guards", 2, "s = step(d(\"b#\", @).id(), s);"),
    ("guards", 2, "let held#; if @ & 1 == 0 { held# = d(\"b#\", 1); s ^= held#.id; }"),
    ("guards", 1, "let held# = [d(\"b#\", 1), d(\"c#\", @)]; let [held#, _] = held#; s ^= held#.id;"),
    ("statement_attributes", 2, "#[cfg(any())] nonsense(); #[allow(unused_variables)] let q# = @;"),
    ("statement_attributes", 1, "#[cfg(not(any()))] { s ^= @; }"),
    ("unused", 2, "let unused# = @;"),
    ("unused", 1, "let mut constant# = @; s ^= constant#;"),
    ("unreachable", 1, "if @ & 3 == 1 { return RETURN; s = 1; }"),
    ("shadows", 2, "{ let s = &mut s; *s = step(*s, ~); }"),
    ("names", 3, "let (key, function, args, policy) = (@, 1, 2, 3); s ^= key + function + args + policy;"),
    (
        "names",
        2,
        "let (memory, entry, memo, answer, run#, keep) = (@, 1, 2, 3, 4, 5); s ^= memory + entry + memo + answer + run# + keep;",
    ),
    ("type_inference", 2, "let t# = \"5\".parse().unwrap_or(@); s ^= t#;"),
    ("block_value", 2, "s = { let t: i64 = @; { t.wrapping_add(s) } };"),
    ("references", 2, "let r# = &mut s; *r# ^= ~; let _ = &*r#;"),
];

const ASYNC: &[(Feature, usize, &str)] = &[
    ("awaits", 8, "pause().await; at(#, @);"),
    ("awaits", 4, "let _held# = d(\"b#\", @); pause().await;"),
    ("awaits", 3, "s = async { pause().await; @ ^ 1 }.await;"),
    ("awaits", 2, "s = step(async { if @ & 1 == 0 { return 3; } pause().await; 4 }.await, s);"),
];

const BLOCKS: &[(Feature, usize, &str, &str)] = &[
    ("blocks", 3, "if @ & 1 == 0", ""),
    ("blocks", 2, "for _ in 0..2", ""),
    ("blocks", 3, "", ""),
    ("blocks", 1, "if @ > 3", " else { at(#, 7); }"),
    ("blocks", 1, "match @ { 0 => at(#, 8), _ => ", "}"),
    ("closure_blocks", 2, "let mut call# = |mut s: i64|", ";"),
];

pub(super) struct Scope<'a> {
    pub(super) ints: &'a [String],
    pub(super) returned: &'a str,
    pub(super) fails: Fails,
    pub(super) asynchronous: bool,
    pub(super) next: usize,
}

pub(super) fn statements(
    random: &mut Random<'_>,
    scope: &mut Scope<'_>,
    count: usize,
    depth: usize,
) -> Vec<Stmt> {
    (0..count).filter_map(|_| statement(random, scope, depth)).collect()
}

fn statement(random: &mut Random<'_>, scope: &mut Scope<'_>, depth: usize) -> Option<Stmt> {
    scope.next += 1;
    if depth < 2 && random.percent(15) {
        let rows: Vec<_> = BLOCKS.iter().map(|row| (row.0, row.1, *row)).collect();
        let (feature, (_, _, head, tail)) = random.weighted(&rows)?;
        let head = fill(random, scope, head);
        let number = scope.next;
        // What returns would return from a closure.
        let inner = if feature == "closure_blocks" { "s" } else { scope.returned };
        let fails = if feature == "closure_blocks" { Fails::No } else { scope.fails };
        let count = 1 + random.below(3);
        let asynchronous = scope.asynchronous && feature != "closure_blocks";
        let mut below = Scope { returned: inner, fails, asynchronous, ..*scope };
        let mut body = statements(random, &mut below, count, depth + 1);
        scope.next = below.next;
        if feature == "closure_blocks" {
            body.push(Stmt::Line("", "s".to_owned()));
        }
        let tail = match (feature, tail) {
            ("closure_blocks", _) => Box::leak(format!("; s = call{number}(s);").into_boxed_str()),
            (_, tail) if tail.contains('#') => {
                Box::leak(tail.replace('#', &number.to_string()).into_boxed_str())
            }
            (_, tail) => tail,
        };
        return Some(Stmt::Block(feature, head, body, tail));
    }
    let mut rows: Vec<_> = LINES.to_vec();
    let question: &[(Feature, usize, &str)] = match scope.fails {
        Fails::Text => &[
            ("question", 12, "s = step(s, check_text(@)?);"),
            (
                "question",
                5,
                "Err::<i64, _>(format!(\"{s}\")).or(if s & 3 == 0 { Err(s.to_string()) } else { Ok(@) }).map(|x: i64| s ^= x)?;",
            ),
        ],
        Fails::Fault => {
            &[("question", 12, "s = step(s, check(@)?);"), ("question", 5, "if @ & 7 == 3 { Err(Low(s))?; }")]
        }
        Fails::Boxed => &[
            ("question", 12, "s = step(s, check(@)?);"),
            ("question", 8, "if @ & 7 == 3 { Err(\"three\")?; }"),
        ],
        Fails::Option => &[("question", 16, "s = step(s, some(@)?);")],
        Fails::Int => &[("question", 16, "s = step(s, some(@).ok_or(s)?);")],
        Fails::No | Fails::Other => &[],
    };
    rows.extend(question);
    if scope.asynchronous {
        rows.extend(ASYNC);
    }
    let (feature, line) =
        random.weighted(&rows.iter().map(|row| (row.0, row.1, row.2)).collect::<Vec<_>>())?;
    Some(Stmt::Line(feature, fill(random, scope, line)))
}

/// `@` is a number, `~` one that is not `s`; `#` the statement's own, unless an attribute begins there.
fn fill(random: &mut Random<'_>, scope: &Scope<'_>, line: &str) -> String {
    let other = random.one(scope.ints);
    let int = if random.percent(40) { "s".to_owned() } else { other.clone() };
    let number = scope.next.to_string();
    let line = line.replace("#[", "\u{1}").replace('#', &number).replace('\u{1}', "#[");
    line.replace("RETURN", scope.returned).replace('@', &int).replace('~', &other)
}
