//! If one of the code's own families gets a new member, the compiler names every place: no `match` over one has a
//! wildcard arm, and no list of members has a hand-counted length.

use std::path::PathBuf;

use clio_tests::repository;
use syn::visit::Visit;
use syn::{Arm, Expr, ExprMatch, ImplItemConst, ItemImpl, Pat, Type};

use super::files;

/// The families for which ARCHITECTURE.md, "To change X, go to Y", promises it, and those whose names or answers depend
/// on them.
const FAMILIES: [&str; 44] = [
    "AnswerFormat",
    "AsOf",
    "BadRowsPolicy",
    "BreakerState",
    "CallKind",
    "CheckKind",
    "CheckName",
    "Code",
    "Comparison",
    "Credit",
    "DimensionColumn",
    "Extra",
    "Family",
    "Format",
    "FormatName",
    "Grain",
    "GroupKey",
    "MeasureClass",
    "MeasureClassName",
    "MeasureFormat",
    "MeasureKind",
    "MeasureKindName",
    "OnBadRows",
    "OnChange",
    "OnFailure",
    "Operator",
    "OtherSide",
    "OutlierKind",
    "Per",
    "Period",
    "QuestionPart",
    "Reachability",
    "RunOutcome",
    "RunStep",
    "SamplingBasis",
    "ServingState",
    "StoredType",
    "Takes",
    "Test",
    "TimeGrain",
    "TimesAre",
    "VerdictWord",
    "WeekStart",
    "WorkStep",
];

/// The violations in one file.
#[derive(Default)]
struct Found {
    /// The types that `Self` stands for, the innermost last.
    own: Vec<String>,
    /// Families with a wildcard arm in some `match`.
    rests: Vec<String>,
    /// Types whose list of members has a hand-counted length.
    counted: Vec<String>,
}

impl<'ast> Visit<'ast> for Found {
    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let name = match item.self_ty.as_ref() {
            Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
            _ => None,
        };
        self.own.push(name.unwrap_or_default());
        syn::visit::visit_item_impl(self, item);
        self.own.pop();
    }

    fn visit_impl_item_const(&mut self, item: &'ast ImplItemConst) {
        let is_list = item.ident == "ALL" || item.ident == "NAMES";
        let is_counted = match &item.ty {
            Type::Array(array) => matches!(array.len, Expr::Lit(_)),
            // A slice has no length in its type.
            Type::Reference(_) => {
                matches!(&item.expr, Expr::Reference(of) if matches!(*of.expr, Expr::Array(_)))
            }
            _ => false,
        };
        if is_list && is_counted {
            self.counted.extend(self.own.last().cloned());
        }
        syn::visit::visit_impl_item_const(self, item);
    }

    fn visit_expr_match(&mut self, expression: &'ast ExprMatch) {
        let family = expression.arms.iter().find_map(|arm| self.family_of(&arm.pat));
        if expression.arms.iter().any(takes_the_rest) {
            self.rests.extend(family);
        }
        syn::visit::visit_expr_match(self, expression);
    }
}

impl Found {
    fn of(text: &str) -> Self {
        let mut found = Self::default();
        found.visit_file(&syn::parse_file(text).unwrap_or_else(|error| panic!("{error}\n{text}")));
        found
    }

    /// The family that a pattern belongs to, inside references, alternatives and `Some`, and among others in a tuple.
    fn family_of(&self, pattern: &Pat) -> Option<String> {
        let of_path = |path: &syn::Path| {
            let mut names = path.segments.iter().rev().skip(1).map(|part| part.ident.to_string());
            let owner = names.next()?;
            let owner = if owner == "Self" { self.own.last()?.clone() } else { owner };
            // The transport's codes are not ours.
            let is_ours = names.next().is_none_or(|module| module != "tonic");
            (is_ours && FAMILIES.contains(&owner.as_str())).then_some(owner)
        };
        match pattern {
            Pat::Struct(members) => of_path(&members.path),
            Pat::TupleStruct(members) => {
                of_path(&members.path).or_else(|| self.family_among(&members.elems))
            }
            Pat::Path(path) => of_path(&path.path),
            Pat::Or(several) => self.family_among(&several.cases),
            Pat::Tuple(beside) => self.family_among(&beside.elems),
            Pat::Ident(named) => self.family_of(&named.subpat.as_ref()?.1),
            Pat::Reference(behind) => self.family_of(&behind.pat),
            Pat::Paren(inner) => self.family_of(&inner.pat),
            _ => None,
        }
    }

    fn family_among<'p>(&self, patterns: impl IntoIterator<Item = &'p Pat>) -> Option<String> {
        patterns.into_iter().find_map(|pattern| self.family_of(pattern))
    }
}

fn takes_the_rest(arm: &Arm) -> bool {
    arm.guard.is_none() && takes_anything(&arm.pat)
}

fn takes_anything(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) | Pat::Rest(_) => true,
        Pat::Ident(named) => named.subpat.is_none() && named.ident != "None",
        Pat::Tuple(beside) => beside.elems.iter().all(takes_anything),
        Pat::Paren(inner) => takes_anything(&inner.pat),
        _ => false,
    }
}

/// The code that is neither generated nor a test, as file and text.
pub(super) fn sources() -> Vec<(PathBuf, String)> {
    let is_ours = |file: &PathBuf| {
        let mut parts = file.components().map(|part| part.as_os_str());
        file.extension().is_some_and(|ending| ending == "rs")
            && parts.clone().any(|part| part == "src")
            && !parts.any(|part| part == "tests" || part == "tests.rs")
            && !file.starts_with("proto/src/wire")
    };
    let files: Vec<PathBuf> = files().into_iter().filter(is_ours).collect();
    assert!(files.len() > 300, "only {} files were found", files.len());
    let read = |file: PathBuf| {
        let text = std::fs::read_to_string(repository().join(&file)).unwrap();
        (file, text)
    };
    files.into_iter().map(read).collect()
}

#[test]
fn matches_over_families_name_every_member() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let rests = Found::of(&text).rests.into_iter();
        wrong.extend(rests.map(|family| format!("{}: {family}", file.display())));
    }
    assert!(wrong.is_empty(), "an arm for the rest of a family:\n{}", wrong.join("\n"));
}

#[test]
fn lists_of_members_are_as_long_as_their_families() {
    let (mut wrong, mut n_lists) = (Vec::new(), 0);
    for (file, text) in sources() {
        n_lists += text.matches("const ALL: ").count();
        let counted = Found::of(&text).counted.into_iter();
        wrong.extend(counted.map(|own| format!("{}: {own}", file.display())));
    }
    assert!(n_lists > 15, "only {n_lists} lists were found");
    assert!(
        wrong.is_empty(),
        "a list with a length of its own, where `EnumCount` or `VariantArray` of `strum` knows it:\n{}",
        wrong.join("\n")
    );
}

/// Otherwise nothing would ever be found.
#[test]
fn what_takes_the_rest_is_found() {
    let rests = |arms: &str, own: &str| {
        Found::of(&format!("impl {own} {{ fn f(self) {{ match self {{ {arms} }} }} }}")).rests
    };
    for (arms, own, found) in [
        ("Grain::Day => 1, _ => 2", "A", Some("Grain")),
        ("Self::Day => 1, other => 2", "Grain", Some("Grain")),
        ("Self::Day => 1, other => 2", "A", None),
        ("(Some(Period::Day(_)), 1) => 1, (_, _) => 2", "A", Some("Period")),
        ("(Code::Internal, 1) => 1, (Code::NotFound, _) => 2", "A", None),
        ("day @ Grain::Day => 1, other if true => 2", "A", None),
        ("tonic::Code::Internal => 1, _ => 2", "A", None),
        ("crate::Code::Internal => 1, _ => 2", "A", Some("Code")),
        ("Some(Grain::Day | Grain::All) => 1, None => 2", "A", None),
    ] {
        let expected: Vec<String> = found.into_iter().map(str::to_owned).collect();
        assert_eq!(rests(arms, own), expected, "{own}: {arms}");
    }
    for (list, found) in [
        ("const ALL: [Self; 2] = [Self::B, Self::C];", true),
        ("const NAMES: [&'static str; 1] = [\"b\"];", true),
        ("const ALL: &'static [Self] = &[Self::B];", true),
        ("const ALL: [Self; Self::COUNT] = [Self::B];", false),
        ("const ALL: &'static [Self] = Self::VARIANTS;", false),
        ("const OTHER: [Self; 1] = [Self::B];", false),
    ] {
        let counted = Found::of(&format!("impl A {{ {list} }}")).counted;
        assert_eq!(counted == ["A"], found, "{list}");
    }
}
