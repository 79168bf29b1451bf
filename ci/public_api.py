#!/usr/bin/env python3
"""Lists what users can name through `joblib`, one line each. Fails where a signature shows a type without a name, or one with several.

With `--cached`, reads what the last run had rustdoc write.
"""
import json
import os
import subprocess
import sys
import tempfile

CRATES = ["joblib", "joblib_core", "joblib_persist", "joblib_parallel", "joblib_macros"]
# The trait of codecs, of which the aliases of the facade have chosen one.
INSIDE = {("joblib_core", "codec", "Codec")}
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def document():
    with tempfile.TemporaryDirectory() as folder:
        # Only rustdoc is told to be a nightly, so nothing is built anew.
        rustdoc = os.path.join(folder, "rustdoc")
        with open(rustdoc, "w") as script:
            script.write('#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc "$@"\n')
        os.chmod(rustdoc, 0o755)
        for crate in CRATES:
            command = ["cargo", "rustdoc", "--quiet", "--package", crate.replace("_", "-"), "--lib", "--all-features"]
            command += ["--", "-Zunstable-options", "--output-format", "json"]
            subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "RUSTDOC": rustdoc})


class Docs:
    """One crate's items. An item of any crate is known by the path of its definition."""

    def __init__(self, crate):
        target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
        with open(os.path.join(target, "doc", crate + ".json")) as file:
            docs = json.load(file)
        self.index, self.root = docs["index"], str(docs["root"])
        self.paths = {id: tuple(summary["path"]) for id, summary in docs["paths"].items()}
        self.ids = {path: id for id, path in self.paths.items() if id in self.index}

    def kind(self, id):
        return next(iter(self.index[id]["inner"].items()))


def mentioned(signature):
    """The ids of all types and traits that a piece of a signature names."""
    if isinstance(signature, dict):
        if {"id", "path", "args"} <= signature.keys():
            yield str(signature["id"])
        for part in signature.values():
            yield from mentioned(part)
    elif isinstance(signature, list):
        for part in signature:
            yield from mentioned(part)


def members(kind, inner):
    """The ids of fields, variants and methods that a definition lists itself."""
    if kind == "trait":
        return inner["items"]
    if kind == "enum":
        return inner["variants"]
    shape = inner["kind"] if kind in ("struct", "variant") else None
    if not isinstance(shape, dict):
        return []
    return next((part for part in (shape.get("tuple"), *fields(shape)) if part), [])


def fields(shape):
    return (part["fields"] for part in (shape.get("plain"), shape.get("struct")) if part)


class Api:
    def __init__(self):
        self.docs = {crate: Docs(crate) for crate in CRATES}
        self.lines, self.names, self.shown = set(), {}, []
        self.module(self.docs["joblib"], self.docs["joblib"].root, "joblib")

    def module(self, docs, id, name):
        for child in docs.index[id]["inner"]["module"]["items"]:
            item = docs.index[str(child)]
            use = item["inner"].get("use")
            if use is None:
                self.item(docs, str(child), f"{name}::{item['name']}")
            elif use["id"] is not None:
                self.item(docs, str(use["id"]), name if use["is_glob"] else f"{name}::{use['name']}")

    def item(self, docs, id, name):
        """`name` is what users call the item that `docs` knows by `id`."""
        if id not in docs.index:
            path = docs.paths[id]
            docs = self.docs[path[0]]
            if path not in docs.ids:
                # Hidden where it stands, as macros that are exported are.
                self.lines.add(name)
                return
            id = docs.ids[path]
        kind, inner = docs.kind(id)
        if kind == "module":
            return self.module(docs, id, name)
        self.lines.add(f"{name} ({kind})")
        if id in docs.paths:
            self.names.setdefault(docs.paths[id], set()).add(name)
        if kind == "type_alias":
            self.show(docs, name, inner)
            target = str(inner["type"].get("resolved_path", {}).get("id"))
            if docs.paths.get(target, ("",))[0] in CRATES[1:]:
                # An alias is the only name of what it stands for.
                self.item(docs, target, name)
            return
        self.definition(docs, kind, inner, name)

    def definition(self, docs, kind, inner, name):
        if kind in ("macro", "proc_macro"):
            return
        self.show(docs, name, {key: part for key, part in inner.items() if key not in ("impls", "implementations")})
        for member in members(kind, inner):
            self.member(docs, member, name)
        for id in inner.get("impls", []):
            if str(id) not in docs.index:
                continue
            block = docs.index[str(id)]["inner"]["impl"]
            if block["trait"] is None:
                self.show(docs, name, block["generics"])
                for member in block["items"]:
                    self.member(docs, member, name)
            elif block["blanket_impl"] is None and not block["is_synthetic"]:
                self.show(docs, name, [block["trait"]["args"], block["generics"]])

    def member(self, docs, id, owner):
        if id is None or str(id) not in docs.index:
            return
        kind, inner = docs.kind(str(id))
        name = f"{owner}::{docs.index[str(id)]['name']}"
        self.lines.add(f"{name} ({kind})")
        self.show(docs, name, inner)
        if kind == "variant":
            for field in members(kind, inner):
                self.member(docs, field, name)

    def show(self, docs, where, signature):
        for id in mentioned(signature):
            path = docs.paths.get(id, ("",))
            if path[0] in CRATES and path not in INSIDE and "sealed" not in path:
                self.shown.append((path, where))

    def faults(self):
        for path, where in self.shown:
            if path not in self.names:
                yield f"{'::'.join(path)} has no name in joblib, but {where} shows it"
        for path, names in self.names.items():
            if len(names) > 1:
                yield f"{'::'.join(path)} has several names: {', '.join(sorted(names))}"


if "--cached" not in sys.argv[1:]:
    document()
api = Api()
print("\n".join(sorted(api.lines)))
faults = sorted(set(api.faults()))
print("\n".join(faults), file=sys.stderr, end="\n" if faults else "")
sys.exit(bool(faults))
