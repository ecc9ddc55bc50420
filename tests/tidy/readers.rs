//! Who reads what: only `proto/lake` the files of a lake, and only `proto/src/convert.rs` with its folder the messages
//! of the wire.
//!
//! Tests are exempt: they look at what was written by a second way.

use std::collections::BTreeSet;
use std::path::Path;

use clio_tests::repository;
use syn::visit::Visit;
use syn::{Expr, ExprCall, ExprField, ExprMethodCall, ExprStruct, ExprTuple, PatStruct, UseTree};

use super::circles::is_of_tests;
use super::families::sources;

const LAKE: &str = "proto/lake/src";

/// Who else may name the Parquet library, and for which files.
const MAY_NAME_PARQUET: [(&str, &str); 4] = [
    ("etl/src/engine/parquet_files.rs", "how the engine reads any of them"),
    ("etl/src/input/source", "files of sources and lookups"),
    ("etl/synth/src", "files of sources, which it makes"),
    ("serving/src/export", "answers as files, which it writes"),
];

/// Who gives the engine files of a lake to read, and which.
const MAY_REGISTER: [(&str, &str); 3] = [
    ("etl/src/engine/parquet_files.rs", "where the table is made"),
    ("etl/src/sql.rs", "`clio sql`: those of a snapshot"),
    ("etl/src/cells/union.rs", "a run: those that it adds up, through the lake's own store"),
];

/// Where messages of the wire may be named: where they are converted, and by those who send and receive them.
const CONVERTERS: [&str; 3] = ["proto/src/convert.rs", "proto/src/convert", "proto/src/wire.rs"];
const TRANSPORTS: [&str; 3] =
    ["proto/src/client.rs", "proto/src/client/replica.rs", "serving/src/server.rs"];

/// What the code of one file names and does.
#[derive(Default)]
struct Found {
    /// Every path, by its names.
    paths: Vec<Vec<String>>,
    /// Code that takes a message of the wire apart, or puts one together.
    opened: Vec<String>,
}

impl<'ast> Visit<'ast> for Found {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes = match item {
            syn::Item::Fn(item) => &item.attrs,
            syn::Item::Impl(item) => &item.attrs,
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            _ => &Vec::new(),
        };
        if !is_of_tests(attributes) {
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        walk(&item.tree, &[], &mut self.paths);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.paths.push(names_of(path));
        syn::visit::visit_path(self, path);
    }

    fn visit_expr_struct(&mut self, made: &'ast ExprStruct) {
        if is_of_wire(&made.path) && !(made.fields.is_empty() && made.rest.is_none()) {
            self.opened.push(names_of(&made.path).join("::"));
        }
        syn::visit::visit_expr_struct(self, made);
    }

    fn visit_pat_struct(&mut self, taken: &'ast PatStruct) {
        if is_of_wire(&taken.path) {
            self.opened.push(names_of(&taken.path).join("::"));
        }
        syn::visit::visit_pat_struct(self, taken);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        // Arguments of a converter are inspected by nobody else.
        let is_converter = matches!(call.func.as_ref(), Expr::Path(function)
            if names_of(&function.path).last().is_some_and(|name| name.ends_with("_from_wire")));
        if !is_converter {
            syn::visit::visit_expr_call(self, call);
        }
    }

    fn visit_expr_tuple(&mut self, tuple: &'ast ExprTuple) {
        // Passed on unchanged.
        for element in tuple.elems.iter().filter(|element| !is_taken_out(element)) {
            self.visit_expr(element);
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if call.method == "into_inner" {
            self.opened.push("into_inner(), and no converter around it".to_owned());
        }
        syn::visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_field(&mut self, field: &'ast ExprField) {
        let of = match field.base.as_ref() {
            Expr::Path(of) => names_of(&of.path).join("::"),
            _ => String::new(),
        };
        if of == "response" {
            self.opened.push("a field of `response`".to_owned());
        }
        syn::visit::visit_expr_field(self, field);
    }
}

fn names_of(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|part| part.ident.to_string()).collect()
}

fn is_taken_out(expression: &Expr) -> bool {
    matches!(expression, Expr::MethodCall(call) if call.method == "into_inner")
}

fn is_of_wire(path: &syn::Path) -> bool {
    path.segments.iter().any(|part| part.ident == "wire")
}

fn walk(tree: &UseTree, above: &[String], all: &mut Vec<Vec<String>>) {
    let with = |name: &syn::Ident| [above, &[name.to_string()]].concat();
    match tree {
        UseTree::Path(path) => walk(&path.tree, &with(&path.ident), all),
        UseTree::Name(name) => all.push(with(&name.ident)),
        UseTree::Rename(rename) => all.push(with(&rename.ident)),
        UseTree::Glob(_) => all.push(above.to_vec()),
        UseTree::Group(group) => group.items.iter().for_each(|item| walk(item, above, all)),
    }
}

fn found(text: &str) -> Found {
    let mut found = Found::default();
    found.visit_file(&syn::parse_file(text).unwrap_or_else(|error| panic!("{error}\n{text}")));
    found
}

/// Whether paths name a library, by its own name or as re-exported by DataFusion.
fn names(found: &Found, library: &str) -> bool {
    found.paths.iter().any(|path| match path.as_slice() {
        [first, rest @ ..] => {
            first == library || (first == "datafusion" && rest.iter().any(|name| name == library))
        }
        [] => false,
    })
}

fn is_below<'a>(file: &Path, folders: impl IntoIterator<Item = &'a str>) -> bool {
    folders.into_iter().any(|folder| file.starts_with(folder))
}

fn manifest(folder: &str) -> toml::Table {
    let file = repository().join(folder).join("Cargo.toml");
    std::fs::read_to_string(&file).unwrap().parse().unwrap()
}

fn has(manifest: &toml::Table, sections: &[&str], package: &str) -> bool {
    let tables = sections.iter().filter_map(|section| manifest.get(*section)?.as_table());
    tables.into_iter().any(|table| table.contains_key(package))
}

#[test]
fn files_of_a_lake_are_read_and_written_by_one_package() {
    let (mut wrong, mut registers) = (Vec::new(), BTreeSet::new());
    for (file, text) in sources() {
        let found = found(&text);
        if is_below(&file, [LAKE]) {
            continue;
        }
        if names(&found, "deltalake") {
            wrong.push(format!("{} names deltalake", file.display()));
        }
        let may = MAY_NAME_PARQUET.map(|(file, _)| file);
        if names(&found, "parquet") && !is_below(&file, may) {
            wrong.push(format!("{} names parquet", file.display()));
        }
        if found.paths.iter().any(|path| path.last().is_some_and(|name| name == "parquet_table")) {
            registers.insert(file);
        }
    }
    for file in &registers {
        let may = MAY_REGISTER.map(|(file, _)| file);
        if !is_below(file, may) {
            wrong.push(format!("{} registers Parquet files with the engine", file.display()));
        }
    }
    assert!(registers.len() > 1, "the engine is given files in {registers:?} only");
    for folder in ["sketch", "proto", "etl", "etl/synth", "serving", "web/store", "web", "web/cli"]
    {
        let manifest = manifest(folder);
        if has(&manifest, &["dependencies"], "deltalake") {
            wrong.push(format!("{folder} depends on deltalake"));
        }
        if !["etl/synth", "serving"].contains(&folder)
            && has(&manifest, &["dependencies"], "parquet")
        {
            wrong.push(format!("{folder} depends on parquet"));
        }
    }
    assert!(
        wrong.is_empty(),
        "what reads or writes a lake's files stands in {LAKE}:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_lake_and_serving_know_no_datafusion() {
    for (file, text) in sources() {
        if is_below(&file, [LAKE, "serving/src"]) {
            assert!(!names(&found(&text), "datafusion"), "{} names it", file.display());
        }
    }
    for folder in ["proto/lake", "serving"] {
        let sections = ["dependencies", "dev-dependencies", "build-dependencies"];
        assert!(!has(&manifest(folder), &sections, "datafusion"), "{folder} depends on it");
    }
    let deltalake = &manifest("")["workspace"]["dependencies"]["deltalake"];
    let features = deltalake["features"].as_array().unwrap();
    assert_eq!(deltalake["default-features"].as_bool(), Some(false));
    assert!(features.iter().all(|feature| feature.as_str() != Some("datafusion")), "{features:?}");
}

#[test]
fn wire_types_become_ours_in_one_room() {
    let mut n_transports = 0;
    for (file, text) in sources() {
        let found = found(&text);
        // By itself it is a variable of that name.
        let is_of_wire =
            |path: &Vec<String>| path.len() > 1 && path.iter().any(|name| name == "wire");
        let names_wire = found.paths.iter().any(is_of_wire);
        if !names_wire || is_below(&file, CONVERTERS) {
            continue;
        }
        let is_transport = is_below(&file, TRANSPORTS);
        assert!(is_transport, "{} names types of the wire", file.display());
        n_transports += 1;
        assert!(
            found.opened.is_empty(),
            "{} looks into messages of the wire, which `proto/src/convert.rs` and its folder do: {:?}",
            file.display(),
            found.opened
        );
    }
    assert_eq!(n_transports, TRANSPORTS.len(), "those who send and receive");
}

/// Otherwise nothing would ever be found.
#[test]
fn what_names_a_library_or_opens_a_message_is_found() {
    for (text, library, expected) in [
        ("use deltalake::DeltaTable;", "deltalake", true),
        ("fn f(t: &deltalake::DeltaTable) {}", "deltalake", true),
        ("use datafusion::parquet::arrow::ArrowWriter;", "parquet", true),
        (
            "use datafusion::{arrow, datasource::{file_format::parquet::ParquetFormat}};",
            "parquet",
            true,
        ),
        ("#[cfg(test)] mod tests { use parquet::arrow::ArrowWriter; }", "parquet", false),
        ("use crate::input::source::parquet_table;", "parquet", false),
        ("use arrow::array::Array;", "parquet", false),
    ] {
        assert_eq!(names(&found(text), library), expected, "{text}");
    }
    for (body, expected) in [
        ("wire::DescribeRequest {}", 0),
        ("wire::RunsRequest { limit: 1 }", 1),
        ("let wire::RunsRequest { limit } = request;", 1),
        ("runs_request_from_wire(request.into_inner())", 0),
        ("request.into_inner().limit", 1),
        ("let request = request.into_inner();", 1),
        ("Ok((response.into_inner(), &replica.address))", 0),
        ("answer_from_wire(response).map_err(unreadable)", 0),
        ("response.rows.len()", 1),
        ("answer.rows.len()", 0),
    ] {
        let opened = found(&format!("fn f() {{ {body} }}")).opened;
        assert_eq!(opened.len(), expected, "{body}: {opened:?}");
    }
}
