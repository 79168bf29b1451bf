//! Sources of loops and the patterns that take their items apart.

use crate::program::{Feature, Source, Stmt};
use crate::random::Random;

/// What a source gives.
#[derive(Clone)]
pub(super) enum Shape {
    Int(&'static str),
    Ref(&'static str),
    Mut(&'static str),
    Slice,
    MutSlice,
    Item,
    RefItem,
    MutItem,
    Char,
    Str,
    Text,
    Res,
    Pair(Box<Shape>, Box<Shape>),
    /// `i64` or `&i64`, by the edition.
    Either,
}

/// How far a source can be turned round.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    One,
    Two,
    /// And its length is known.
    Exact,
}

pub(super) struct Made {
    pub(super) source: Source,
    pub(super) shape: Shape,
    pub(super) data: &'static str,
    pub(super) before: Vec<Stmt>,
    pub(super) first: Vec<Stmt>,
    pub(super) after: Vec<Stmt>,
}

/// What the surroundings allow.
#[derive(Clone, Copy)]
pub(super) struct Allowed {
    /// Mutable items, and sources that a second loop would find further on.
    pub(super) changing: bool,
    /// `cx` in the source, and items that cannot travel.
    pub(super) here: bool,
}

type Base = (&'static str, Shape, Ends, &'static str);

#[rustfmt::skip]
fn bases() -> Vec<(Feature, usize, Base)> {
    use Ends::{Exact, One, Two};
    use Shape::*;
    let pair = |a, b| Pair(Box::new(a), Box::new(b));
    vec![
        ("", 60, ("0..n", Int("i64"), Two, "i64")),
        ("range", 10, ("-3..n", Int("i64"), Two, "i64")),
        ("range", 10, ("0..n as usize", Int("usize"), Exact, "i64")),
        ("range", 10, ("0..n as u64", Int("u64"), Two, "i64")),
        ("range", 8, ("0..(n % 200) as u8", Int("u8"), Exact, "i64")),
        ("range", 4, ("0..n as i32", Int("i32"), Exact, "i64")),
        ("range_inclusive", 10, ("0..=n", Int("i64"), Two, "i64")),
        ("range_inclusive", 5, ("1..=(n % 200) as u8", Int("u8"), Exact, "i64")),
        ("range_inclusive", 3, ("0..=u8::MAX", Int("u8"), Exact, "i64")),
        ("endless", 4, ("0..=u64::MAX", Int("u64"), One, "i64")),
        ("endless", 4, ("0..i64::MAX", Int("i64"), One, "i64")),
        ("endless", 4, ("1_i64..", Int("i64"), One, "i64")),
        ("", 20, ("v.iter()", Ref("i64"), Exact, "i64")),
        ("slice", 10, ("&*v", Ref("i64"), One, "i64")),
        ("slice", 5, ("v.iter()", Ref("u8"), Exact, "u8")),
        ("slice", 5, ("&v[..v.len() / 2]", Ref("i64"), One, "i64")),
        ("iter_mut", 20, ("v.iter_mut()", Mut("i64"), Exact, "i64")),
        ("iter_mut", 10, ("&mut *v", Mut("i64"), One, "i64")),
        ("iter_mut", 4, ("v.iter_mut()", Mut("u8"), Exact, "u8")),
        ("by_value", 8, ("v.clone()", Int("i64"), One, "i64")),
        ("by_value", 8, ("v.clone().into_iter()", Int("i64"), Exact, "i64")),
        ("by_value", 6, ("[3_i64, 1, 4, 1, 5, 9]", Int("i64"), One, "i64")),
        ("by_value", 4, ("&[3_i64, 1, 4, 1, 5, 9]", Ref("i64"), One, "i64")),
        ("drain", 5, ("v.drain(..)", Int("i64"), Exact, "i64")),
        ("boxed", 5, ("v.clone().into_boxed_slice().into_iter()", Either, One, "i64")),
        ("chunks", 6, ("v.chunks(3)", Slice, Exact, "i64")),
        ("chunks", 3, ("v.chunks_exact(2)", Slice, Exact, "i64")),
        ("chunks", 3, ("v.rchunks(4)", Slice, Exact, "i64")),
        ("chunks", 4, ("v.windows(2)", Slice, Exact, "i64")),
        ("chunks_mut", 6, ("v.chunks_mut(3)", MutSlice, Exact, "i64")),
        ("chunks_mut", 3, ("v.chunks_exact_mut(2)", MutSlice, Exact, "i64")),
        ("drops", 12, ("std::mem::take(v)", Item, One, "Item")),
        ("drops", 8, ("std::mem::take(v).into_iter()", Item, Exact, "Item")),
        ("drops", 6, ("v.drain(..)", Item, Exact, "Item")),
        ("drops", 6, ("v.iter()", RefItem, Exact, "Item")),
        ("drops", 8, ("v.iter_mut()", MutItem, Exact, "Item")),
        ("drops", 8, ("(0..n).map(|i| cx.item(i))", Item, Two, "i64")),
        ("results", 8, ("v.clone()", Res, One, "Result<i64, i64>")),
        ("results", 4, ("v.clone().into_iter()", Res, Exact, "Result<i64, i64>")),
        ("texts", 4, ("v.clone()", Text, One, "String")),
        ("texts", 4, ("\"it runs in parallel\".chars()", Char, Two, "i64")),
        ("texts", 4, ("\"a bb ccc dd e\".split(' ')", Str, Two, "i64")),
        ("texts", 4, ("\"some bytes\".bytes()", Int("u8"), Exact, "i64")),
        ("maps", 4, ("tree.iter()", pair(Ref("i64"), Ref("i64")), Two, "i64")),
        ("maps", 3, ("deque.iter()", Ref("i64"), Exact, "i64")),
        ("pulled", 6, ("std::iter::successors(Some(1_i64), |x| Some(x * 3 % 101)).take(n as usize)", Int("i64"), One, "i64")),
        ("pulled", 5, ("std::iter::repeat(k).take(n as usize)", Int("i64"), One, "i64")),
        ("seen_pulls", 8, ("(0..n).map(|i| { cx.at(50, i); i })", Int("i64"), Two, "i64")),
        ("seen_pulls", 6, ("counted", Int("i64"), One, "i64")),
        ("by_ref", 8, ("it.by_ref()", Int("i64"), One, "i64")),
        ("by_ref", 6, ("&mut it", Int("i64"), One, "i64")),
        ("own_methods", 6, ("Weeks::new(n)", Int("i64"), One, "i64")),
        ("own_methods", 4, ("Weeks::new(n).skip(2)", Int("i64"), One, "i64")),
        ("own_methods", 4, ("Calendar(n).rev()", Int("i64"), One, "i64")),
        ("own_methods", 4, ("Weeks::new(n).enumerate()", pair(Int("usize"), Int("i64")), One, "i64")),
        ("fed", 5, ("std::iter::from_fn(|| queue.lock().unwrap().pop())", Int("i64"), One, "i64")),
        ("channels", 1, ("std::iter::from_fn(move || receive.recv().ok().flatten()).fuse()", Int("i64"), One, "i64")),
    ]
}

pub(super) fn source(random: &mut Random<'_>, allowed: Allowed) -> Made {
    loop {
        let (feature, (base, shape, ends, data)) =
            random.weighted(&bases()).unwrap_or_else(|| ("", bases()[0].2.clone()));
        let changing =
            matches!(feature, "iter_mut" | "chunks_mut" | "by_ref" | "drain" | "drops" | "fed" | "channels")
                || base == "counted";
        let here = matches!(feature, "drops" | "seen_pulls" | "fed" | "channels" | "by_ref");
        if changing && !allowed.changing || here && !allowed.here {
            continue;
        }
        let line = |text: &str| Stmt::Line(feature, text.to_owned());
        let fixed = |text: &str| Stmt::Fixed(feature, text.to_owned());
        let (mut before, mut first, mut after) = (vec![], vec![], vec![]);
        match base {
            "tree.iter()" => before.push(line("let tree: BTreeMap<i64, i64> = (0..n).map(|i| (i * 3, i)).collect();")),
            "deque.iter()" => before.push(line("let deque: VecDeque<i64> = (0..n).collect();")),
            "counted" => before.extend([
                line("let mut count = 0;"),
                line("let counted = std::iter::from_fn(|| { cx.at(50, count); count += 1; (count <= n).then_some(count) });"),
            ]),
            _ if feature == "by_ref" => {
                let it = random.one(&["0..n", "(0..n).filter(|x| x % 3 != 1)", "v.iter().copied()"]);
                before.push(line(&format!("let mut it = {it};")));
                after.push(line("cx.rest(it);"));
            }
            // Every item is the answer to the one before it.
            _ if feature == "channels" => {
                before.push(line("let (send, receive) = std::sync::mpsc::channel::<Option<i64>>();"));
                before.push(line("send.send(Some(n % 20)).unwrap();"));
                first.push(fixed("send.send((x > 0).then(|| x - 1)).unwrap();"));
            }
            _ if feature == "fed" => {
                before.push(line("let queue = Mutex::new(vec![n % 60]);"));
                first.push(fixed("if x > 0 { queue.lock().unwrap().extend([x / 2, x / 3]); }"));
            }
            _ => {}
        }
        let mut made = Made {
            source: Source {
                feature,
                base: base.to_owned(),
                adapters: vec![],
                unique: base.contains("..") && (feature.is_empty() || feature.starts_with("range")),
            },
            shape,
            data,
            before,
            first,
            after,
        };
        // Nothing that would have to be moved, or run on for ever, is adapted.
        if !matches!(feature, "endless" | "fed" | "channels" | "own_methods" | "results") && base != "counted"
        {
            adapt(random, &mut made, ends, allowed);
        }
        return made;
    }
}

fn adapt(random: &mut Random<'_>, made: &mut Made, mut ends: Ends, allowed: Allowed) {
    // What is no iterator yet has no adapters.
    let base = made.source.base.clone();
    let iterates = base.ends_with(')')
        && base != "v.clone()"
        && base != "std::mem::take(v)"
        && made.source.feature != "boxed"
        || base.contains("..") && !base.starts_with('&')
        || base == "&mut it";
    if !iterates {
        return;
    }
    if base == "&mut it" {
        made.source.base = "it.by_ref()".to_owned();
    }
    if base.contains("..") && !base.ends_with(')') {
        made.source.base = format!("({base})");
    }
    while random.percent(30) {
        let names: &[(Feature, usize, &str)] = &[
            ("enumerate", 10, "enumerate"),
            ("zip", 6, "zip"),
            ("zip", 4, "zip_v"),
            ("rev", 8, "rev"),
            ("step_by", 6, "step_by"),
            ("skip", 6, "skip"),
            ("take", 6, "take"),
            ("copied", 6, "copied"),
            ("pulled", 5, "map"),
            ("pulled", 5, "filter"),
            ("pulled", 3, "flat_map"),
            ("pulled", 3, "chain"),
            ("seen_pulls", 3, "inspect"),
            ("pulled", 2, "take_while"),
            ("pulled", 2, "skip_while"),
            ("pulled", 2, "peekable"),
        ];
        let Some((feature, name)) = random.weighted(names) else { return };
        let shape = made.shape.clone();
        let exact = ends == Ends::Exact;
        let int = matches!(shape, Shape::Int("i64"));
        let (text, shape, then) = match name {
            "enumerate" => {
                let shape = Shape::Pair(Box::new(Shape::Int("usize")), Box::new(shape));
                ("enumerate()".to_owned(), shape, if exact { ends } else { Ends::One })
            }
            "zip" => {
                let shape = Shape::Pair(Box::new(shape), Box::new(Shape::Int("i64")));
                (
                    random.one(&["zip(10_i64..)", "zip(0..n + 2)", "zip(0..7_i64)"]).to_owned(),
                    shape,
                    Ends::One,
                )
            }
            "zip_v" if !made.source.base.contains('v') => {
                let shape = Shape::Pair(Box::new(shape), Box::new(Shape::Ref("i64")));
                ("zip(v.iter())".to_owned(), shape, if exact { ends } else { Ends::One })
            }
            "rev" if ends != Ends::One => ("rev()".to_owned(), shape, ends),
            "step_by" => {
                (format!("step_by({})", 1 + random.below(4)), shape, if exact { ends } else { Ends::One })
            }
            "skip" => (
                random.one(&["skip(2)", "skip(k as usize)"]).to_owned(),
                shape,
                if exact { ends } else { Ends::One },
            ),
            "take" => (
                random.one(&["take(9)", "take(k as usize)", "take(1000)"]).to_owned(),
                shape,
                if exact { ends } else { Ends::One },
            ),
            "copied" => match shape {
                Shape::Ref(ty) => (random.one(&["copied()", "cloned()"]).to_owned(), Shape::Int(ty), ends),
                _ => continue,
            },
            "map" if int => ("map(|x| 2 * x + 1)".to_owned(), shape, ends),
            "filter" if int => {
                ("filter(|x| x % 3 != 1)".to_owned(), shape, if exact { Ends::Two } else { ends })
            }
            "flat_map" if int => {
                made.source.unique = false;
                ("flat_map(|x| 0..x % 4)".to_owned(), shape, Ends::One)
            }
            "chain" if int => {
                made.source.unique = false;
                ("chain(3..6)".to_owned(), shape, Ends::One)
            }
            "inspect" if int && allowed.here => ("inspect(|x| cx.at(51, *x))".to_owned(), shape, ends),
            "take_while" if int => ("take_while(|x| *x != k)".to_owned(), shape, Ends::One),
            "skip_while" if int => ("skip_while(|x| *x < k)".to_owned(), shape, Ends::One),
            "peekable" => ("peekable()".to_owned(), shape, Ends::One),
            _ => continue,
        };
        made.source.adapters.push((feature, text));
        (made.shape, ends) = (shape, then);
    }
}

/// What a pattern binds.
#[derive(Default)]
pub(super) struct Bound {
    /// Expressions of type `i64`.
    pub(super) ints: Vec<String>,
    /// Places of type `i64`.
    pub(super) places: Vec<String>,
}

/// A pattern for an item, whose names begin with `x`, `y`, ..
pub(super) fn pattern(
    random: &mut Random<'_>,
    shape: &Shape,
    names: &mut std::slice::Iter<'_, &'static str>,
    bound: &mut Bound,
) -> (Feature, String) {
    if let Shape::Pair(a, b) = shape {
        let (first, a) = pattern(random, a, names, bound);
        let (second, b) = pattern(random, b, names, bound);
        return (if first.is_empty() { second } else { first }, format!("({a}, {b})"));
    }
    let x = names.next().copied().unwrap_or("z");
    let cast = |x: &str, ty: &str| match ty {
        "i64" => x.to_owned(),
        "u8" | "i32" => format!("i64::from({x})"),
        _ => format!("({x} as i64)"),
    };
    let (feature, pattern, int) = match shape {
        Shape::Int(ty) if random.has("patterns", 12) => match *ty {
            // That nothing reads it is not said of this in parallel.
            "u8" | "u64" => ("patterns", format!("_{x} @ 0.."), cast(&format!("_{x}"), ty)),
            ty => {
                let by = random.one(&["ref", "ref mut"]);
                bound.places.extend((by == "ref mut" && ty == "i64").then(|| format!("*{x}")));
                ("patterns", format!("{by} {x}"), cast(&format!("*{x}"), ty))
            }
        },
        Shape::Int(ty) if random.has("mut_pattern", 10) => {
            bound.places.extend((*ty == "i64").then(|| x.to_owned()));
            ("mut_pattern", format!("mut {x}"), cast(x, ty))
        }
        Shape::Int(ty) => ("", x.to_owned(), cast(x, ty)),
        Shape::Ref(ty) if random.percent(30) => ("", format!("&{x}"), cast(x, ty)),
        Shape::Ref(ty) => ("", x.to_owned(), cast(&format!("*{x}"), ty)),
        Shape::Mut(ty) => {
            bound.places.extend((*ty == "i64").then(|| format!("*{x}")));
            ("", x.to_owned(), cast(&format!("*{x}"), ty))
        }
        Shape::Slice => ("", x.to_owned(), format!("{x}.iter().sum::<i64>()")),
        Shape::MutSlice => {
            bound.places.push(format!("{x}[0]"));
            ("", x.to_owned(), format!("{x}[0]"))
        }
        Shape::Item | Shape::RefItem if random.has("patterns", 10) => {
            ("patterns", format!("ref {x}"), format!("{x}.id"))
        }
        Shape::Item | Shape::RefItem => ("", x.to_owned(), format!("{x}.id")),
        Shape::MutItem => {
            bound.places.push(format!("{x}.id"));
            ("", x.to_owned(), format!("{x}.id"))
        }
        Shape::Char => ("", x.to_owned(), format!("i64::from({x} as u32 % 50)")),
        Shape::Str | Shape::Text => ("", x.to_owned(), format!("({x}.len() as i64)")),
        Shape::Either => ("", x.to_owned(), format!("{x}.to_owned()")),
        Shape::Res if random.has("patterns", 60) => ("patterns", format!("Ok({x}) | Err({x})"), x.to_owned()),
        Shape::Res => ("", x.to_owned(), format!("{x}.unwrap_or(7)")),
        Shape::Pair(..) => unreachable!("taken apart above"),
    };
    bound.ints.push(int);
    (feature, pattern)
}
