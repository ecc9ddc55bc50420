//! The rooms of a package are ordered: no circle of imports crosses a folder.
//!
//! Two files of one folder may need each other; a folder and its siblings may not. Imports are read from the code of
//! each file, including paths, without that of tests; a name that `lib.rs` re-exports counts as its own room's.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clio_tests::repository;
use syn::visit::Visit;
use syn::{Item, UseTree};

const PACKAGES: [&str; 9] =
    ["sketch", "proto", "proto/lake", "etl", "etl/synth", "serving", "web/store", "web", "web/cli"];

/// A module as the names on the path to it.
type Module = Vec<String>;

/// Of sibling modules, which names which, and where.
type Edges = BTreeMap<String, BTreeMap<String, Vec<(Module, Module)>>>;

/// The names used by the files of a package, by module.
#[derive(Default)]
struct Package {
    modules: BTreeMap<Module, syn::File>,
    /// The origin of names that the root re-exports.
    passed_on: BTreeMap<String, Module>,
}

impl Package {
    fn read(folder: &str) -> Self {
        let src = repository().join(folder).join("src");
        let mut package = Self::default();
        package.read_folder(&src, &[]);
        let root = package.modules.remove(&Module::new()).expect("a root");
        for item in &root.items {
            if let Item::Use(item) = item {
                for path in paths_of(&item.tree) {
                    let from = package.module_of(&path.absolute(&[]));
                    if let (Some(name), Some(from)) = (path.names.last(), from) {
                        package.passed_on.insert(name.clone(), from);
                    }
                }
            }
        }
        package
    }

    fn read_folder(&mut self, folder: &Path, above: &[String]) {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for entry in entries {
            let stem = entry.file_stem().unwrap().to_string_lossy().into_owned();
            let mut module = above.to_vec();
            if entry.is_dir() {
                if stem != "bin" {
                    module.push(stem);
                    self.read_folder(&entry, &module);
                }
            } else if entry.extension().is_some_and(|ending| ending == "rs") {
                if !(above.is_empty() && ["lib", "main"].contains(&stem.as_str())) {
                    module.push(stem);
                }
                // Generated code is included in place.
                if module.iter().any(|name| name == "tests" || name == "testing" || name == "wire")
                {
                    continue;
                }
                let text = std::fs::read_to_string(&entry).unwrap();
                let parsed = syn::parse_file(&text);
                let parsed = parsed.unwrap_or_else(|error| panic!("{}: {error}", entry.display()));
                self.modules.insert(module, parsed);
            }
        }
    }

    /// The module at the end of a path from the root.
    fn module_of(&self, path: &[String]) -> Option<Module> {
        if let Some(from) = path.first().and_then(|first| self.passed_on.get(first)) {
            return Some(from.clone());
        }
        (1..=path.len())
            .rev()
            .map(|end| path[..end].to_vec())
            .find(|module| self.modules.contains_key(module))
    }

    /// Which modules each module names.
    fn imports(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let mut imports = BTreeMap::new();
        for (module, file) in &self.modules {
            let mut found = Found { paths: Vec::new(), depth: 0 };
            found.visit_file(file);
            let named = found
                .paths
                .iter()
                .filter_map(|path| self.module_of(&path.absolute(module)))
                .filter(|named| named != module);
            imports.insert(module.clone(), named.collect());
        }
        imports
    }
}

/// A path that begins at the root or at a module above.
#[derive(Debug, Clone)]
struct Named {
    /// Modules up from the one that contains it; `None` from the root.
    n_up: Option<usize>,
    names: Vec<String>,
}

impl Named {
    fn new(names: &[String], depth: usize) -> Option<Self> {
        let mut rest = names;
        let n_up = match rest.first()?.as_str() {
            "crate" => {
                rest = &rest[1..];
                None
            }
            "self" => {
                rest = &rest[1..];
                Some(0)
            }
            "super" => {
                let n_up = rest.iter().take_while(|name| *name == "super").count();
                rest = &rest[n_up..];
                // A module inside the file is below it.
                Some(n_up.saturating_sub(depth))
            }
            _ => Some(0),
        };
        Some(Self { n_up, names: rest.to_vec() })
    }

    fn absolute(&self, module: &[String]) -> Vec<String> {
        match self.n_up {
            None => self.names.clone(),
            Some(n_up) => {
                let above = &module[..module.len().saturating_sub(n_up)];
                [above, &self.names].concat()
            }
        }
    }
}

fn paths_of(tree: &UseTree) -> Vec<Named> {
    fn walk(tree: &UseTree, above: &[String], all: &mut Vec<Named>) {
        let with = |name: &syn::Ident| [above, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => walk(&path.tree, &with(&path.ident), all),
            UseTree::Name(name) if name.ident == "self" => all.extend(Named::new(above, 0)),
            UseTree::Name(name) => all.extend(Named::new(&with(&name.ident), 0)),
            UseTree::Rename(rename) => all.extend(Named::new(&with(&rename.ident), 0)),
            UseTree::Glob(_) => all.extend(Named::new(above, 0)),
            UseTree::Group(group) => group.items.iter().for_each(|item| walk(item, above, all)),
        }
    }
    let mut all = Vec::new();
    walk(tree, &[], &mut all);
    all
}

struct Found {
    paths: Vec<Named>,
    /// The inline modules around the current position.
    depth: usize,
}

impl<'ast> Visit<'ast> for Found {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_of_tests(&item.attrs) {
            self.paths.extend(paths_of(&item.tree));
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|part| part.ident.to_string()).collect();
        self.paths.extend(Named::new(&names, self.depth).filter(|_| names.len() > 1));
        syn::visit::visit_path(self, path);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_of_tests(&item.attrs) {
            self.depth += 1;
            syn::visit::visit_item_mod(self, item);
            self.depth -= 1;
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_of_tests(&item.attrs) {
            syn::visit::visit_item_fn(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_of_tests(&item.attrs) {
            syn::visit::visit_impl_item_fn(self, item);
        }
    }
}

pub(super) fn is_of_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) if list.path.is_ident("cfg") => list.tokens.to_string() == "test",
        _ => false,
    })
}

/// The children of one module, each with all below it, and which of them name which.
fn siblings(imports: &BTreeMap<Module, BTreeSet<Module>>, above: &[String]) -> Edges {
    let child = |module: &Module| module.strip_prefix(above).and_then(|rest| rest.first()).cloned();
    let mut edges: Edges = BTreeMap::new();
    for (from, named) in imports {
        let Some(from_child) = child(from) else { continue };
        let own = edges.entry(from_child.clone()).or_default();
        for to in named {
            if let Some(to_child) = child(to).filter(|to_child| *to_child != from_child) {
                own.entry(to_child).or_default().push((from.clone(), to.clone()));
            }
        }
    }
    edges
}

/// Those that can be reached from one.
fn reachable<'a>(edges: &'a Edges, from: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&str> =
        edges.get(from).into_iter().flatten().map(|(to, _)| to.as_str()).collect();
    while let Some(one) = next.pop() {
        if reached.insert(one) {
            next.extend(edges.get(one).into_iter().flatten().map(|(to, _)| to.as_str()));
        }
    }
    reached
}

#[test]
fn no_circle_of_imports_goes_through_a_folder() {
    let mut circles = String::new();
    let mut n_modules = 0;
    for folder in PACKAGES {
        let package = Package::read(folder);
        let imports = package.imports();
        n_modules += imports.len();
        let parents: BTreeSet<Module> =
            imports.keys().map(|module| module[..module.len() - 1].to_vec()).collect();
        for above in parents {
            let edges = siblings(&imports, &above);
            let has_folder = |name: &str| parents_has(&imports, &above, name);
            for from in edges.keys() {
                for (to, named) in &edges[from] {
                    let is_circle = reachable(&edges, to).contains(from.as_str());
                    // Two files of one folder may name each other.
                    if is_circle && (has_folder(from) || has_folder(to)) {
                        let (module, other) = &named[0];
                        let _ = writeln!(
                            circles,
                            "{folder}: {} → {}: {} names {}{}",
                            from,
                            to,
                            module.join("::"),
                            other.join("::"),
                            if named.len() > 1 {
                                format!(" and {} more", named.len() - 1)
                            } else {
                                String::new()
                            },
                        );
                    }
                }
            }
        }
    }
    assert!(n_modules > 200, "only {n_modules} modules were read");
    assert!(circles.is_empty(), "rooms that need each other:\n{circles}");
}

fn parents_has(imports: &BTreeMap<Module, BTreeSet<Module>>, above: &[String], name: &str) -> bool {
    let room = [above, &[name.to_owned()]].concat();
    imports.keys().any(|module| module.len() > room.len() && module.starts_with(&room))
}
