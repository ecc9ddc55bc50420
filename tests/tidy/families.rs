//! Where a family of the code's own has a member more, the compiler names every place: no `match` over one has an arm for the rest.

use clio_tests::repository;
use syn::visit::Visit;
use syn::{Arm, ExprMatch, Pat};

use super::files;

/// The families that ARCHITECTURE.md, "To change X, go to Y", promises it of.
const FAMILIES: [&str; 10] = [
    "AnswerFormat",
    "CheckKind",
    "Credit",
    "DimensionColumn",
    "MeasureClass",
    "MeasureKind",
    "Operator",
    "StoredType",
    "Takes",
    "Test",
];

/// What is wrong in one file.
#[derive(Default)]
struct Found(Vec<String>);

impl<'ast> Visit<'ast> for Found {
    fn visit_expr_match(&mut self, expression: &'ast ExprMatch) {
        let family = expression.arms.iter().find_map(|arm| family_of(&arm.pat));
        if expression.arms.iter().any(takes_the_rest) {
            self.0.extend(family);
        }
        syn::visit::visit_expr_match(self, expression);
    }
}

/// The family that a pattern is a member of, behind references, alternatives and `Some`.
fn family_of(pattern: &Pat) -> Option<String> {
    let of_path = |path: &syn::Path| {
        let owner = path.segments.iter().rev().nth(1)?.ident.to_string();
        FAMILIES.contains(&owner.as_str()).then_some(owner)
    };
    match pattern {
        Pat::Struct(members) => of_path(&members.path),
        Pat::TupleStruct(members) => {
            of_path(&members.path).or_else(|| members.elems.iter().find_map(family_of))
        }
        Pat::Path(path) => of_path(&path.path),
        Pat::Or(several) => several.cases.iter().find_map(family_of),
        Pat::Reference(behind) => family_of(&behind.pat),
        Pat::Paren(inner) => family_of(&inner.pat),
        _ => None,
    }
}

fn takes_the_rest(arm: &Arm) -> bool {
    arm.guard.is_none()
        && matches!(&arm.pat, Pat::Wild(_) | Pat::Ident(syn::PatIdent { subpat: None, .. }))
        && !matches!(&arm.pat, Pat::Ident(name) if name.ident == "None")
}

#[test]
fn matches_over_families_name_every_member() {
    let (mut wrong, mut n_files) = (Vec::new(), 0);
    for file in files() {
        let is_ours = file.extension().is_some_and(|ending| ending == "rs")
            && file.components().any(|part| part.as_os_str() == "src")
            && !file
                .components()
                .any(|part| ["tests", "tests.rs"].iter().any(|tests| part.as_os_str() == *tests))
            && !file.starts_with("proto/src/wire");
        if !is_ours {
            continue;
        }
        n_files += 1;
        let text = std::fs::read_to_string(repository().join(&file)).unwrap();
        let parsed = syn::parse_file(&text);
        let parsed = parsed.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut found = Found::default();
        found.visit_file(&parsed);
        wrong.extend(found.0.into_iter().map(|family| format!("{}: {family}", file.display())));
    }
    assert!(n_files > 300, "only {n_files} files were read");
    assert!(wrong.is_empty(), "an arm for the rest of a family:\n{}", wrong.join("\n"));
}
