//! Serde's attributes, where they make sense.

use super::{Generator, ITSELF, WITH};
use crate::pairs::Feature;
use crate::program::{Attr, Fields, Style, Ty};

/// Names that are no identifiers, or are something to the formats.
const RENAMES: &[&str] = &[
    "a.b",
    "",
    "with blank",
    "main",
    "joblib",
    "arr_0",
    "0",
    "..",
    "a/b",
    "ünï",
    "a.b.c",
    "\\u{0}",
    "Some",
    "Array",
    "-x",
    // Longer than file names may be.
    "looooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooong",
];
const STYLES: &[&str] = &[
    "lowercase",
    "UPPERCASE",
    "PascalCase",
    "camelCase",
    "snake_case",
    "SCREAMING_SNAKE_CASE",
    "kebab-case",
    "SCREAMING-KEBAB-CASE",
];

fn attr(feature: Feature, text: impl Into<String>) -> Attr {
    Attr { feature, text: text.into() }
}

impl Generator<'_> {
    /// For the struct itself; changes its fields.
    pub(super) fn of_struct(&mut self, fields: &mut Fields, depth: usize) -> Vec<Attr> {
        let mut attrs = Vec::new();
        let nothing =
            fields.fields.iter().any(|field| matches!(field.ty, Ty::Leaf(leaf) if leaf.feature == "phantom"));
        if fields.fields.len() == 1 && !nothing && self.random.has("transparent", 15) {
            self.order(&mut fields.fields[0].ty);
            return vec![attr("transparent", "transparent")];
        }
        if !fields.fields.is_empty() && self.random.has("into", 6) {
            let from = self.random.one(&["from", "try_from"]);
            return vec![attr("into", format!("into = \"@Shadow\", {from} = \"@Shadow\""))];
        }
        self.of_fields(fields, depth, false);
        if self.random.has("rename_type", 8) {
            let name = self.random.one(RENAMES);
            attrs.push(attr("rename_type", format!("rename = \"{name}\"")));
        }
        if fields.style != Style::Named {
            return attrs;
        }
        let flattens =
            fields.fields.iter().flat_map(|field| &field.attrs).any(|attr| attr.feature == "flatten");
        if self.random.has("rename_all", 12) {
            let style = self.random.one(STYLES);
            attrs.push(attr("rename_all", format!("rename_all = \"{style}\"")));
        }
        if self.random.has("default_all", 8) {
            attrs.push(attr("default_all", "default"));
        }
        if !flattens && self.random.has("deny_unknown", 6) {
            attrs.push(attr("deny_unknown", "deny_unknown_fields"));
        }
        if self.random.has("tag_of_struct", 4) {
            attrs.push(attr("tag_of_struct", "tag = \"tag of struct\""));
        }
        attrs
    }

    /// How the enum is tagged, and all its attributes.
    pub(super) fn of_enum(&mut self) -> (Feature, Vec<Attr>) {
        let kinds = [
            ("", 40, ""),
            ("tag", 20, "tag = \"kind\""),
            ("content", 15, "tag = \"t\", content = \"c\""),
            ("untagged", 25, "untagged"),
        ];
        let (kind, text) = self.random.weighted(&kinds).unwrap_or(("", ""));
        let mut attrs = Vec::new();
        if !kind.is_empty() {
            attrs.push(attr(kind, text));
        }
        for (feature, option) in [("rename_all", "rename_all"), ("rename_all_fields", "rename_all_fields")] {
            if self.random.has(feature, 8) {
                let style = self.random.one(STYLES);
                attrs.push(attr(feature, format!("{option} = \"{style}\"")));
            }
        }
        (kind, attrs)
    }

    pub(super) fn of_variant(&mut self, at: usize) -> Vec<Attr> {
        let mut attrs = Vec::new();
        if self.random.has("rename_variant", 10) {
            let name = RENAMES[(at * 4 + self.random.below(4)) % RENAMES.len()];
            attrs.push(attr("rename_variant", format!("rename = \"{name}\"")));
        }
        if self.random.has("alias", 4) {
            attrs.push(attr("alias", format!("alias = \"called also {at}\"")));
        }
        attrs
    }

    /// For the fields; changes their types. `bare`: nothing tells where the fields are but themselves.
    pub(super) fn of_fields(&mut self, fields: &mut Fields, depth: usize, bare: bool) {
        let named = fields.style == Style::Named;
        let mut renames = RENAMES.to_vec();
        // Of two, values would grow without end; without a name, a type could be looked for in the same bytes
        // for ever.
        let itself =
            (named && self.random.has("recursive", 6)).then(|| self.random.below(fields.fields.len()));
        for (i, field) in fields.fields.iter_mut().enumerate() {
            if named && self.random.has("flatten", 10) {
                field.ty = self.told_as_map(depth);
                field.attrs.push(attr("flatten", "flatten"));
                continue;
            }
            if itself == Some(i) {
                field.ty = Ty::Leaf(&ITSELF);
            } else if self.random.percent(10) {
                let with: Vec<_> = WITH.iter().map(|(text, leaf)| (leaf.feature, 1, (*text, leaf))).collect();
                if let Some((feature, (text, leaf))) = self.random.weighted(&with) {
                    field.ty = Ty::Leaf(leaf);
                    field.attrs.push(attr(feature, text));
                }
            }
            if !named {
                continue;
            }
            if self.random.has("rename", 14) {
                let name = renames.swap_remove(self.random.below(renames.len()));
                field.attrs.push(attr("rename", format!("rename = \"{name}\"")));
            }
            if self.random.has("alias", 4) {
                field.attrs.push(attr("alias", format!("alias = \"{} or so\"", field.name)));
            }
            let default = "default = \"::harness::plain\"";
            if self.random.has("skip_if", 8) {
                field.attrs.push(attr(
                    "skip_if",
                    format!("skip_serializing_if = \"::harness::is_plain\", {default}"),
                ));
            } else if !bare && self.random.has("skip", 3) {
                field.attrs.push(attr("skip", format!("skip, {default}")));
            } else if self.random.has("default", 6) {
                field.attrs.push(attr("default", default));
            }
        }
    }
}
