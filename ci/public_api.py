#!/usr/bin/env python3
"""Lists what users can name through `joblib`, one line each, and fails where a signature shows a type they cannot.

With `--cached`, reads what the last run had rustdoc write.
"""
import json, os, subprocess, sys, tempfile

CRATES = ["joblib", "joblib_core", "joblib_persist", "joblib_parallel", "joblib_macros"]
# The trait of codecs, which the aliases of the facade have chosen one of.
INSIDE = {("joblib_core", "codec", "Codec")}
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def document():
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as rustdoc:
        # rustdoc alone is told to be a nightly: nothing is built anew.
        rustdoc.write('#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc "$@"\n')
        rustdoc.flush()
        os.chmod(rustdoc.name, 0o755)
        wrapper = rustdoc.name + ".run"
        os.link(rustdoc.name, wrapper)
    try:
        for crate in CRATES:
            subprocess.run(
                ["cargo", "rustdoc", "--quiet", "--package", crate.replace("_", "-"), "--lib", "--all-features",
                 "--", "-Zunstable-options", "--output-format", "json"],
                cwd=ROOT, check=True, env={**os.environ, "RUSTDOC": wrapper})
    finally:
        os.remove(wrapper)


class Docs:
    """One crate's items. An item of any crate is known by the path of its definition."""

    def __init__(self, crate):
        target = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
        with open(os.path.join(target, "doc", crate + ".json")) as file:
            docs = json.load(file)
        self.crate, self.index, self.root = crate, docs["index"], docs["root"]
        self.paths = {id: tuple(summary["path"]) for id, summary in docs["paths"].items()}
        self.ids = {path: id for id, path in self.paths.items() if id in self.index}


def mentioned(value, found):
    """The ids of all types and traits that a piece of a signature names."""
    if isinstance(value, dict):
        if "id" in value and "path" in value and "args" in value:
            found.append(value["id"])
        for part in value.values():
            mentioned(part, found)
    elif isinstance(value, list):
        for part in value:
            mentioned(part, found)
    return found


class Walk:
    def __init__(self):
        self.docs = {crate: Docs(crate) for crate in CRATES}
        self.names, self.lines, self.shown = {}, [], []
        self.module(self.docs["joblib"], self.docs["joblib"].root, "joblib")

    def item(self, docs, id, name):
        """`name` is what users call the item that `docs` knows by `id`."""
        id = str(id)
        if id not in docs.index:
            path = docs.paths.get(id)
            docs = self.docs.get(path[0]) if path else None
            if docs is None or path not in docs.ids:
                self.lines.append(f"{name} (re-exported)")
                return
            id = docs.ids[path]
        item = docs.index[id]
        kind, inner = next(iter(item["inner"].items()))
        if kind == "module":
            self.lines.append(f"{name} (mod)")
            return self.module(docs, id, name)
        path = docs.paths.get(id)
        if path:
            self.names.setdefault(path, []).append(name)
        self.lines.append(f"{name} ({kind})")
        if kind == "type_alias":
            # An alias is the only name of what it stands for.
            target = inner["type"].get("resolved_path")
            self.show(docs, name, inner)
            if target and docs.paths.get(str(target["id"]), ("",))[0] in CRATES[1:]:
                self.item(docs, target["id"], name)
            return
        self.show(docs, name, {key: part for key, part in inner.items() if key not in ("impls", "implementations")}
                  if isinstance(inner, dict) else inner)
        for member in self.members(inner, kind):
            self.member(docs, member, name)
        if kind in ("struct", "enum", "union"):
            for impl in inner["impls"]:
                block = docs.index.get(str(impl))
                if block is None:
                    continue
                block = block["inner"]["impl"]
                if block["trait"] is None:
                    self.show(docs, name, block["generics"])
                    for method in block["items"]:
                        self.member(docs, method, name)
                elif block["blanket_impl"] is None and not block["is_synthetic"]:
                    self.show(docs, name, [block["trait"]["args"], block["generics"]])

    @staticmethod
    def members(inner, kind):
        if kind == "struct":
            shape = inner["kind"]
            return shape["plain"]["fields"] if "plain" in shape else [f for f in shape.get("tuple", []) if f] if isinstance(shape, dict) else []
        return inner["variants"] if kind == "enum" else inner["items"] if kind == "trait" else []

    def member(self, docs, id, owner):
        item = docs.index.get(str(id))
        if item is None:
            return
        name = f"{owner}::{item['name']}"
        self.lines.append(f"{name} ({next(iter(item['inner']))})")
        self.show(docs, name, item["inner"])
        variant = item["inner"].get("variant", {}).get("kind")
        if isinstance(variant, dict):
            fields = variant["struct"]["fields"] if "struct" in variant else variant["tuple"]
            for field in filter(None, fields):
                self.show(docs, name, docs.index[str(field)]["inner"])

    def module(self, docs, id, name):
        for child in docs.index[str(id)]["inner"]["module"]["items"]:
            child = docs.index[str(child)]
            use = child["inner"].get("use")
            if use is None:
                self.item(docs, child["id"], f"{name}::{child['name']}")
            elif use["is_glob"]:
                self.glob(docs, use["id"], name)
            elif use["id"] is not None:
                self.item(docs, use["id"], f"{name}::{use['name']}")

    def glob(self, docs, id, name):
        path = docs.paths[str(id)]
        docs = self.docs[path[0]]
        self.module(docs, docs.ids[path], name)

    def show(self, docs, where, signature):
        for id in mentioned(signature, []):
            path = docs.paths.get(str(id))
            if path and path[0] in CRATES and path not in INSIDE and "sealed" not in path:
                self.shown.append((path, where))


def main():
    if "--cached" not in sys.argv[1:]:
        document()
    walk = Walk()
    print("\n".join(sorted(set(walk.lines))))
    wrong = set()
    for path, where in walk.shown:
        if path not in walk.names:
            wrong.add(f"{'::'.join(path)} has no name through joblib; {where} shows it")
    for path, names in walk.names.items():
        if len(set(names)) > 1:
            wrong.add(f"{'::'.join(path)} has several names: {', '.join(sorted(set(names)))}")
    print("\n".join(sorted(wrong)), file=sys.stderr)
    sys.exit(bool(wrong))


main()
