//! A generated program: definitions of types, and the type whose values are tried.

use crate::pairs::Feature;

#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) seed: u64,
    pub(crate) defs: Vec<Def>,
    pub(crate) root: Ty,
    /// How many values are tried.
    pub(crate) values: usize,
    /// Which number is another in a type that is else the same, and which.
    pub(crate) other_number: Option<(usize, &'static Leaf)>,
}

/// A type as it is written.
#[derive(Clone, Debug)]
pub(crate) enum Ty {
    Leaf(&'static Leaf),
    Of(&'static Container, Vec<Ty>),
    /// A definition, by its place in the program.
    Def(usize),
}

/// A type without parameters, as far as the generator knows.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) feature: Feature,
    pub(crate) text: &'static str,
    pub(crate) is: &'static [Is],
}

/// What a type can be used for, or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Is {
    /// Ordered and hashed.
    Key,
    /// Element of an array.
    Number,
    /// Changed through a reference.
    Cell,
    /// Of the language itself.
    Primitive,
    /// Bound to its thread.
    Local,
    /// Of no order that serde would see.
    Unordered,
    /// One pointer to another value.
    Pointer,
}

#[derive(Debug)]
pub(crate) struct Container {
    pub(crate) feature: Feature,
    /// With `{}` for each parameter.
    pub(crate) text: &'static str,
    pub(crate) params: &'static [Param],
    pub(crate) is: &'static [Is],
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Param {
    Any,
    Key,
    /// An element of an array.
    Number,
}

#[derive(Clone)]
pub(crate) struct Attr {
    pub(crate) feature: Feature,
    /// Within `#[serde(..)]`.
    pub(crate) text: String,
}

#[derive(Clone)]
pub(crate) struct Def {
    pub(crate) name: String,
    pub(crate) attrs: Vec<Attr>,
    pub(crate) body: Body,
}

#[derive(Clone)]
pub(crate) enum Body {
    Struct(Fields),
    Enum(Vec<Variant>),
}

#[derive(Clone)]
pub(crate) struct Variant {
    pub(crate) name: String,
    pub(crate) attrs: Vec<Attr>,
    pub(crate) fields: Fields,
}

#[derive(Clone)]
pub(crate) struct Fields {
    pub(crate) style: Style,
    pub(crate) fields: Vec<Field>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Unit,
    Tuple,
    Named,
}

#[derive(Clone)]
pub(crate) struct Field {
    /// Of named ones.
    pub(crate) name: String,
    pub(crate) ty: Ty,
    pub(crate) attrs: Vec<Attr>,
}

impl Field {
    /// Whether serde leaves it out.
    pub(crate) fn is_hidden(&self) -> bool {
        self.attrs.iter().any(|attr| attr.feature == "skip")
    }
}

impl Def {
    pub(crate) fn has(&self, feature: Feature) -> bool {
        self.attrs.iter().any(|attr| attr.feature == feature)
    }

    pub(crate) fn groups(&self) -> Vec<&Fields> {
        match &self.body {
            Body::Struct(fields) => vec![fields],
            Body::Enum(variants) => variants.iter().map(|variant| &variant.fields).collect(),
        }
    }

    fn fields_mut(&mut self) -> impl Iterator<Item = &mut Field> {
        let groups = match &mut self.body {
            Body::Struct(fields) => vec![fields],
            Body::Enum(variants) => variants.iter_mut().map(|variant| &mut variant.fields).collect(),
        };
        groups.into_iter().flat_map(|fields| &mut fields.fields)
    }

    /// An enum without fields, which can be a key.
    pub(crate) fn is_key(&self) -> bool {
        matches!(self.body, Body::Enum(_)) && self.groups().iter().all(|fields| fields.style == Style::Unit)
    }
}

impl Program {
    /// The definitions that the root needs, what others need first.
    pub(crate) fn reachable(&self) -> Vec<usize> {
        let mut found = Vec::new();
        self.reach(&self.root, &mut found);
        found
    }

    fn reach(&self, ty: &Ty, found: &mut Vec<usize>) {
        match ty {
            Ty::Leaf(_) => {}
            Ty::Of(_, args) => args.iter().for_each(|arg| self.reach(arg, found)),
            Ty::Def(at) if found.contains(at) => {}
            Ty::Def(at) => {
                for fields in self.defs[*at].groups() {
                    fields.fields.iter().for_each(|field| self.reach(&field.ty, found));
                }
                found.push(*at);
            }
        }
    }

    /// Whether functions of this type may fail.
    pub(crate) fn is_result(&self) -> bool {
        matches!(&self.root, Ty::Of(container, _) if container.feature == "result")
    }

    /// Whether any type in the program is such.
    pub(crate) fn any(&self, what: Is) -> bool {
        let mut found = false;
        self.each(&mut |ty| {
            found |= match ty {
                Ty::Leaf(leaf) => leaf.is.contains(&what),
                Ty::Of(container, _) => container.is.contains(&what),
                Ty::Def(_) => false,
            };
        });
        found
    }

    fn each(&self, visit: &mut impl FnMut(&Ty)) {
        each(&self.root, visit);
        for at in self.reachable() {
            for fields in self.defs[at].groups() {
                fields.fields.iter().for_each(|field| each(&field.ty, visit));
            }
        }
    }

    /// The same but for one number, where the formats, not serde, decide what is read as what.
    pub(crate) fn with_other_number(&self) -> Option<Program> {
        let (at, leaf) = self.other_number?;
        let features = self.features();
        let kept = ["untagged", "tag", "flatten", "json"];
        if features.iter().any(|feature| kept.contains(feature)) || self.any(Is::Unordered) {
            return None;
        }
        let mut other = self.clone();
        let mut numbers = Vec::new();
        let reachable = self.reachable();
        let fields = other.defs.iter_mut().enumerate().filter(|(at, _)| reachable.contains(at));
        fields.for_each(|(_, def)| {
            def.fields_mut().for_each(|field| {
                if field.attrs.is_empty() {
                    numbers_in(&mut field.ty, &mut numbers);
                }
            })
        });
        numbers_in(&mut other.root, &mut numbers);
        let count = numbers.len();
        let number = numbers.into_iter().nth(at.checked_rem(count)?)?;
        let changed = number.text != leaf.text;
        *number = leaf;
        changed.then_some(other)
    }

    pub(crate) fn features(&self) -> Vec<Feature> {
        let mut all = Vec::new();
        self.each(&mut |ty| match ty {
            Ty::Leaf(leaf) => all.push(leaf.feature),
            Ty::Of(container, _) => all.push(container.feature),
            Ty::Def(_) => {}
        });
        for at in self.reachable() {
            let def = &self.defs[at];
            all.push(if matches!(def.body, Body::Enum(_)) { "enum" } else { "struct" });
            all.extend(def.attrs.iter().map(|attr| attr.feature));
            if let Body::Enum(variants) = &def.body {
                all.extend(variants.iter().flat_map(|variant| &variant.attrs).map(|attr| attr.feature));
            }
            let fields = def.groups().into_iter().flat_map(|fields| &fields.fields);
            all.extend(fields.flat_map(|field| &field.attrs).map(|attr| attr.feature));
        }
        all.retain(|feature| !feature.is_empty());
        all.sort_unstable();
        all.dedup();
        all
    }
}

fn each(ty: &Ty, visit: &mut impl FnMut(&Ty)) {
    visit(ty);
    if let Ty::Of(_, args) = ty {
        args.iter().for_each(|arg| each(arg, visit));
    }
}

/// The primitive numbers, but for those that must be ordered.
fn numbers_in<'a>(ty: &'a mut Ty, found: &mut Vec<&'a mut &'static Leaf>) {
    match ty {
        Ty::Leaf(leaf) if leaf.is.contains(&Is::Primitive) => found.push(leaf),
        Ty::Leaf(_) | Ty::Def(_) => {}
        Ty::Of(container, args) => {
            let args = args.iter_mut().zip(container.params).filter(|(_, param)| **param != Param::Key);
            args.for_each(|(arg, _)| numbers_in(arg, found));
        }
    }
}
