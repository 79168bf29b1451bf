//! Makes a program of a seed.

mod attributes;
mod known_types;

use crate::pairs::Feature;
use crate::pairs::random::{Random, Switched};
use crate::program::{
    Attr, Body, Container, Def, Field, Fields, Is, Leaf, Param, Program, Style, Ty, Variant,
};
use known_types::{CONTAINERS, ITSELF, KEYS, LEAVES, WITH};

pub(crate) fn program(seed: u64, switched: &Switched) -> Program {
    let mut new = Generator { random: Random::new(seed, switched), defs: Vec::new() };
    let root = if new.random.percent(85) { new.def(3) } else { new.ty(3) };
    let other_number = match new.leaf(&[Is::Primitive]) {
        Ty::Leaf(leaf) if new.random.has("other_number", 30) => Some((new.random.below(100), leaf)),
        _ => None,
    };
    Program { seed, defs: new.defs, root, values: 12, other_number }
}

/// The byte as which everything can be when it is made smaller.
pub(crate) static BYTE: Ty = Ty::Leaf(&LEAVES[0].1);

const NAMES: &[&str] = &["a", "data", "first_part", "v", "dim", "xY", "r#type", "len", "arr_"];
const VARIANTS: &[&str] = &["List", "Blob", "Number", "Other", "FirstPart"];

struct Generator<'a> {
    random: Random<'a>,
    defs: Vec<Def>,
}

impl Generator<'_> {
    /// Of at most this depth.
    fn ty(&mut self, depth: usize) -> Ty {
        match self.random.below(100) {
            0..30 if depth > 0 && self.defs.len() < 6 => self.def(depth - 1),
            30..65 if depth > 0 => self.container(depth - 1),
            _ => self.leaf(&[]),
        }
    }

    fn leaf(&mut self, is: &[Is]) -> Ty {
        let leaves: Vec<(Feature, usize, &'static Leaf)> = LEAVES
            .iter()
            .filter(|(_, leaf)| is.iter().all(|what| leaf.is.contains(what)))
            .map(|(weight, leaf)| (leaf.feature, *weight, leaf))
            .collect();
        self.random.weighted(&leaves).map_or(BYTE.clone(), |(_, leaf)| Ty::Leaf(leaf))
    }

    fn container(&mut self, depth: usize) -> Ty {
        self.one_of(CONTAINERS, depth)
    }

    fn one_of(&mut self, containers: &'static [(usize, Container)], depth: usize) -> Ty {
        let all: Vec<(Feature, usize, &'static Container)> =
            containers.iter().map(|(weight, container)| (container.feature, *weight, container)).collect();
        let Some((_, container)) = self.random.weighted(&all) else { return self.leaf(&[]) };
        let args = container.params.iter().map(|param| self.arg(*param, depth)).collect();
        Ty::Of(container, args)
    }

    fn arg(&mut self, param: Param, depth: usize) -> Ty {
        match param {
            Param::Any => self.ty(depth),
            Param::Number => self.leaf(&[Is::Number]),
            Param::Key => self.key(depth),
        }
    }

    fn key(&mut self, depth: usize) -> Ty {
        match self.random.below(100) {
            0..15 if depth > 0 => self.one_of(KEYS, 0),
            15..25 if self.defs.len() < 6 => {
                let variants =
                    (0..1 + self.random.below(3)).map(|i| self.variant(i, Fields::unit())).collect();
                self.add(Body::Enum(variants), Vec::new())
            }
            _ => self.leaf(&[Is::Key]),
        }
    }

    fn add(&mut self, body: Body, attrs: Vec<Attr>) -> Ty {
        self.defs.push(Def { name: format!("T{}", self.defs.len()), attrs, body });
        Ty::Def(self.defs.len() - 1)
    }

    fn def(&mut self, depth: usize) -> Ty {
        let lookalike = self.random.has("lookalike", 4);
        let (body, attrs) = match self.random.below(100) {
            _ if lookalike => (self.lookalike(depth), Vec::new()),
            0..60 => self.structure(depth),
            _ => self.enumeration(depth),
        };
        let def = self.add(body, attrs);
        let once = lookalike && self.defs.iter().all(|def| def.name != "Array");
        if once && let Some(last) = self.defs.last_mut() {
            last.name = "Array".to_owned();
            last.attrs.push(Attr { feature: "lookalike", text: String::new() });
        }
        def
    }

    /// Called as others' types are.
    fn lookalike(&mut self, depth: usize) -> Body {
        let names = self.random.one(&[["v", "dim", "data"], ["dim", "v", "data"]]);
        let field = |name: &&str, ty| Field { name: (*name).to_owned(), ty, attrs: Vec::new() };
        let fields = names
            .iter()
            .map(|name| field(name, if self.random.percent(40) { BYTE.clone() } else { self.ty(depth) }));
        Body::Struct(Fields { style: Style::Named, fields: fields.collect() })
    }

    fn fields(&mut self, style: Style, count: usize, depth: usize) -> Fields {
        let first = self.random.below(NAMES.len());
        let suffix = self.defs.len();
        let fields = (0..count)
            .map(|i| {
                let base = NAMES[(first + i) % NAMES.len()];
                let name = if base.starts_with("r#") { base.to_owned() } else { format!("{base}{suffix}") };
                Field { name, ty: self.ty(depth), attrs: Vec::new() }
            })
            .collect();
        Fields { style, fields }
    }

    fn structure(&mut self, depth: usize) -> (Body, Vec<Attr>) {
        let style = self.random.one(&[
            Style::Named,
            Style::Named,
            Style::Named,
            Style::Tuple,
            Style::Tuple,
            Style::Unit,
        ]);
        let count = match style {
            Style::Unit => 0,
            Style::Tuple if self.random.percent(60) => 1,
            _ => self.random.below(5),
        };
        let mut fields = self.fields(style, count, depth);
        let attrs = self.of_struct(&mut fields, depth);
        (Body::Struct(fields), attrs)
    }

    fn enumeration(&mut self, depth: usize) -> (Body, Vec<Attr>) {
        let (kind, attrs) = self.of_enum();
        let count = 1 + self.random.below(4);
        let variants = (0..count)
            .map(|i| {
                // Nothing tells an untagged unit variant from a unit struct, which most formats write alike.
                let unit = if kind == "untagged" { Style::Named } else { Style::Unit };
                let style = self.random.one(&[unit, Style::Tuple, Style::Tuple, Style::Named]);
                let count = match style {
                    Style::Unit => 0,
                    // Others cannot be tagged inside.
                    Style::Tuple if kind == "tag" || self.random.percent(70) => 1,
                    _ => self.random.below(4),
                };
                let mut fields = self.fields(style, count, depth);
                if kind == "tag" && style == Style::Tuple && self.random.percent(80) {
                    fields.fields[0].ty = self.told_as_map(depth);
                }
                if kind == "untagged" || kind == "tag" {
                    fields
                        .fields
                        .iter_mut()
                        .filter(|_| style == Style::Tuple)
                        .for_each(|field| self.order(&mut field.ty));
                }
                self.of_fields(&mut fields, depth, kind == "untagged");
                self.variant(i, fields)
            })
            .collect();
        (Body::Enum(variants), attrs)
    }

    fn variant(&mut self, at: usize, fields: Fields) -> Variant {
        Variant { name: VARIANTS[at].to_owned(), attrs: self.of_variant(at), fields }
    }

    /// A type that serialises as a struct or a map.
    fn told_as_map(&mut self, depth: usize) -> Ty {
        let strings = Ty::Leaf(&LEAVES.iter().find(|(_, leaf)| leaf.text == "String").unwrap().1);
        let container =
            |text: &str| &CONTAINERS.iter().find(|(_, container)| container.text == text).unwrap().1;
        match self.random.below(10) {
            0 => Ty::Of(container("BTreeMap<{}, {}>"), vec![strings, self.ty(depth.saturating_sub(1))]),
            1 => Ty::Of(container("IndexMap<{}, {}>"), vec![strings, self.ty(depth.saturating_sub(1))]),
            2 => Ty::Of(container("Option<{}>"), vec![self.told_as_map(depth)]),
            _ => {
                let count = self.random.below(4);
                let mut fields = self.fields(Style::Named, count, depth.saturating_sub(1));
                self.of_fields(&mut fields, depth.saturating_sub(1), false);
                self.add(Body::Struct(fields), Vec::new())
            }
        }
    }

    /// Where serde does not show the type, the order of a hash map counts: another then.
    fn order(&mut self, ty: &mut Ty) {
        match ty {
            Ty::Of(container, args) if container.is.contains(&Is::Pointer) => self.order(&mut args[0]),
            Ty::Of(container, _) if container.is.contains(&Is::Unordered) => *ty = self.leaf(&[]),
            _ => {}
        }
    }
}

impl Fields {
    fn unit() -> Self {
        Fields { style: Style::Unit, fields: Vec::new() }
    }
}
