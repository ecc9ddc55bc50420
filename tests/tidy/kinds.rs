//! Nobody singles out a kind of measure silently: a new kind raises the question at every place.
//!
//! A kind is singled out silently by `if let`, `let … else`, `matches!` and `==`. Code that depends on kinds calls a
//! method, which is a `match` over all of them, or matches over all of them itself.

use clio_tests::repository;
use syn::visit::Visit;
use syn::{BinOp, Expr, ExprBinary, ExprLet, Local, Macro, Pat};

use super::files;

const KINDS: [&str; 5] =
    ["MeasureClass", "MeasureClassName", "MeasureKind", "MeasureKindName", "StoredType"];

/// Where kinds are defined.
const ROOM: &str = "etl/src/measures/";

#[derive(Default)]
struct Picked(Vec<String>);

impl Picked {
    fn note(&mut self, path: &syn::Path, how: &str) {
        let mut names = path.segments.iter().rev().skip(1).map(|part| part.ident.to_string());
        if let Some(owner) = names.next().filter(|owner| KINDS.contains(&owner.as_str())) {
            self.0.push(format!("{owner} by {how}"));
        }
    }

    fn pattern(&mut self, pattern: &Pat, how: &str) {
        match pattern {
            Pat::Struct(members) => self.note(&members.path, how),
            Pat::TupleStruct(members) => {
                self.note(&members.path, how);
                members.elems.iter().for_each(|pattern| self.pattern(pattern, how));
            }
            Pat::Path(path) => self.note(&path.path, how),
            Pat::Or(several) => several.cases.iter().for_each(|own| self.pattern(own, how)),
            Pat::Tuple(beside) => beside.elems.iter().for_each(|own| self.pattern(own, how)),
            Pat::Reference(behind) => self.pattern(&behind.pat, how),
            Pat::Paren(inner) => self.pattern(&inner.pat, how),
            _ => {}
        }
    }

    fn side(&mut self, side: &Expr) {
        match side {
            Expr::Path(path) => self.note(&path.path, "=="),
            Expr::Struct(members) => self.note(&members.path, "=="),
            Expr::Call(call) => call.args.iter().for_each(|own| self.side(own)),
            Expr::Reference(behind) => self.side(&behind.expr),
            Expr::Paren(inner) => self.side(&inner.expr),
            _ => {}
        }
    }
}

impl<'ast> Visit<'ast> for Picked {
    fn visit_expr_let(&mut self, expression: &'ast ExprLet) {
        self.pattern(&expression.pat, "if let");
        syn::visit::visit_expr_let(self, expression);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        if local.init.as_ref().is_some_and(|init| init.diverge.is_some()) {
            self.pattern(&local.pat, "let else");
        }
        syn::visit::visit_local(self, local);
    }

    fn visit_expr_binary(&mut self, expression: &'ast ExprBinary) {
        if matches!(expression.op, BinOp::Eq(_) | BinOp::Ne(_)) {
            self.side(&expression.left);
            self.side(&expression.right);
        }
        syn::visit::visit_expr_binary(self, expression);
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        if called.path.is_ident("matches") {
            let tokens = called.tokens.to_string();
            let named = KINDS.iter().filter(|kind| tokens.contains(&format!("{kind} ::")));
            self.0.extend(named.map(|kind| format!("{kind} by matches!")));
        }
        syn::visit::visit_macro(self, called);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let is_of_tests = item.attrs.iter().any(|attribute| match &attribute.meta {
            syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
            _ => false,
        });
        if !is_of_tests {
            syn::visit::visit_item_mod(self, item);
        }
    }
}

fn picked(text: &str) -> Vec<String> {
    let mut picked = Picked::default();
    picked.visit_file(&syn::parse_file(text).unwrap_or_else(|error| panic!("{error}\n{text}")));
    picked.0
}

#[test]
fn no_kind_of_measure_is_picked_in_silence() {
    let (mut wrong, mut n_files) = (Vec::new(), 0);
    for file in files() {
        let name = file.display().to_string();
        let is_code = name.ends_with(".rs") && name.contains("/src/") && !name.contains("/wire/");
        let is_of_tests = name.ends_with("tests.rs") || name.contains("/tests/");
        let is_room = name.starts_with(ROOM);
        if !is_code || is_of_tests || is_room {
            continue;
        }
        n_files += 1;
        let text = std::fs::read_to_string(repository().join(&file)).unwrap();
        wrong.extend(picked(&text).into_iter().map(|what| format!("{name}: {what}")));
    }
    assert!(n_files > 300, "only {n_files} files were read");
    assert!(wrong.is_empty(), "kinds that are picked in silence:\n{}", wrong.join("\n"));
}

/// Otherwise nothing would ever be found.
#[test]
fn what_is_picked_in_silence_is_found() {
    for (body, found) in [
        ("if let MeasureKind::Sum { of, .. } = kind { f(of) }", true),
        ("let StoredType::Quantiles { buckets } = stored else { return };", true),
        ("let is = kinds.iter().any(|own| matches!(own, MeasureKind::Sum { .. }));", true),
        ("let is = stored == StoredType::Count;", true),
        ("let is = stored(other) == Some(StoredType::Count);", true),
        ("while let Some(MeasureKindName::Sum) = next() {}", true),
        ("match kind { MeasureKind::Sum { .. } => 1, MeasureKind::Count { .. } => 2 };", false),
        ("let is = matches!(told.class, MeasureClass::Quantile { .. });", true),
        ("let is = told.kind == MeasureClassName::Derived;", true),
        ("let is = stored.counts_events();", false),
        ("let Some(kind) = MeasureKindName::of(measure) else { return };", false),
    ] {
        assert_eq!(!picked(&format!("fn f() {{ {body} }}")).is_empty(), found, "{body}");
    }
}
