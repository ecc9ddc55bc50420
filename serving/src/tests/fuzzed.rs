//! Requests with one wrong field, each field in many ways, and requests with changed bytes: errors name the path of the
//! field.

use clio_proto::wire::{
    self, comparison, field_test, filter, having, measure_test, order_by, window,
};
use clio_proto::{
    Code, CubeService as _, QuestionPart, ServiceError, members_request_from_wire, query_from_wire,
    query_to_wire,
};
use prost::Message as _;

use super::ages::{any_aged, lake};
use super::events::Numbers;
use super::queries::{any_query, open};
use crate::Cubes;

/// Texts that are not days.
const NO_DAYS: [&str; 8] = [
    "2026-02-30",
    "20260131",
    "2026-1-31",
    "31.01.2026",
    "2026-01-31T10:00",
    " ",
    "now",
    "2026-01-31 ",
];
/// Texts that are not names of fields.
const NO_FIELDS: [&str; 6] = ["", ".", "asset.", ".title", "city", "asset.size"];

/// A request with an error, the path of the wrong field, and the error's kind.
type Spoilt = (wire::QueryRequest, String);

async fn asked(cubes: &Cubes, request: wire::QueryRequest) -> Result<(), ServiceError> {
    let (query, snapshot) = query_from_wire(request)?;
    cubes.query(query, snapshot).await.map(|_| ())
}

fn request(numbers: &mut Numbers) -> wire::QueryRequest {
    let query = if numbers.below(3) == 0 { any_aged(numbers) } else { any_query(numbers) };
    query_to_wire(query, None).unwrap()
}

/// A wrong test of a field, with its path below the filter's node.
fn wrong_test(numbers: &mut Numbers) -> (Option<filter::Node>, &'static str) {
    use field_test::Test;
    let list = |values: &[&str]| wire::ValueList {
        values: values.iter().map(ToString::to_string).collect(),
    };
    let between = |from, to| Test::Between(wire::WholeRange { from, to });
    let (field, test, path) = match numbers.below(9) {
        0 => return (None, ""),
        1 => ("country", None, ".field"),
        2 => ("asset.age_day", Some(between(None, None)), ".field.between"),
        3 => ("asset.age_day", Some(between(Some(1), Some(0))), ".field.between"),
        // Errors that only the model can detect concern the whole filter.
        4 => ("country", Some(between(Some(1), None)), "-"),
        5 => ("asset.age_day", Some(Test::Prefix("1".to_owned())), "-"),
        6 => ("asset.age_day", Some(Test::AnyOf(list(&["1", "one"]))), "-"),
        7 => ("country", Some(Test::AllOf(list(&["US", "DE"]))), "-"),
        _ => {
            let field = *numbers.pick(&NO_FIELDS);
            let path = if ["city", "asset.size"].contains(&field) { "-" } else { ".field.field" };
            (field, Some(Test::IsNull(true)), path)
        }
    };
    let test = wire::FieldTest { field: field.to_owned(), test };
    (Some(filter::Node::Field(test)), path)
}

/// A filter with an error somewhere, and its path.
fn wrong_filter(numbers: &mut Numbers) -> (wire::Filter, String) {
    let (node, below) = wrong_test(numbers);
    let mut found = wire::Filter { node };
    let mut path = below.to_owned();
    let sound = || {
        let test = Some(field_test::Test::IsNull(true));
        let node = filter::Node::Field(wire::FieldTest { field: "country".to_owned(), test });
        wire::Filter { node: Some(node) }
    };
    for _ in 0..numbers.below(4) {
        let at = numbers.below(3);
        let mut filters: Vec<wire::Filter> = (0..at).map(|_| sound()).collect();
        let node = match numbers.below(3) {
            0 => {
                path = format!(".not{path}");
                filter::Node::Not(Box::new(found))
            }
            joint => {
                filters.push(found);
                let list = wire::FilterList { filters };
                let name = if joint == 1 { "and" } else { "or" };
                path = format!(".{name}.filters[{at}]{path}");
                if joint == 1 { filter::Node::And(list) } else { filter::Node::Or(list) }
            }
        };
        found = wire::Filter { node: Some(node) };
    }
    let path = if below == "-" { String::new() } else { path };
    (found, format!("filter{path}"))
}

/// A condition with an error somewhere, and its path.
fn wrong_having(numbers: &mut Numbers) -> (wire::Having, String) {
    use measure_test::Test;
    let leaf = |measure: &str, test| {
        having::Node::Measure(wire::MeasureTest { measure: measure.to_owned(), test })
    };
    let range = |from, to| Some(Test::Between(wire::NumberRange { from, to }));
    let (node, below) = match numbers.below(7) {
        0 => (None, ""),
        1 => (Some(leaf("plays", None)), ".measure"),
        2 => (Some(leaf("", Some(Test::IsNull(true)))), ".measure.measure"),
        3 => (Some(leaf("plays", Some(Test::AtLeast(f64::NAN)))), ".measure.at_least"),
        4 => (Some(leaf("plays", range(2.0, 1.0))), ".measure.between"),
        5 => (Some(leaf("likes", Some(Test::Above(1.0)))), "-"),
        _ => {
            let test = wire::ComparedTest { part: 9, test: None };
            (Some(having::Node::Compared(test)), ".compared.part")
        }
    };
    let (mut found, mut path) = (wire::Having { node }, below.to_owned());
    for _ in 0..numbers.below(4) {
        if numbers.below(2) == 0 {
            path = format!(".not{path}");
            found = wire::Having { node: Some(having::Node::Not(Box::new(found))) };
        } else {
            let sound = wire::Having { node: Some(leaf("plays", Some(Test::AtLeast(1.0)))) };
            path = format!(".or.conditions[1]{path}");
            let conditions = vec![sound, found];
            found = wire::Having { node: Some(having::Node::Or(wire::HavingList { conditions })) };
        }
    }
    let path = if below == "-" { String::new() } else { path };
    (found, format!("having{path}"))
}

fn wrong_order(numbers: &mut Numbers, at: usize) -> (wire::OrderBy, String) {
    use order_by::By;
    let compared = |measure: &str, part| {
        Some(By::Compared(wire::ComparedMeasure { measure: measure.to_owned(), part }))
    };
    let (by, direction, path) = match numbers.below(7) {
        0 => (None, 1, format!("order_by[{at}]")),
        1 => (Some(By::Measure("plays".to_owned())), 0, format!("order_by[{at}].direction")),
        2 => (Some(By::Measure("plays".to_owned())), 7, format!("order_by[{at}].direction")),
        3 => (Some(By::Key("asset.".to_owned())), 1, format!("order_by[{at}].key")),
        4 => (compared("plays", 0), 1, format!("order_by[{at}].compared.part")),
        5 => (Some(By::Measure("likes".to_owned())), 1, "order_by".to_owned()),
        _ => (compared("plays", 1), 1, "order_by".to_owned()),
    };
    (wire::OrderBy { by, direction }, path)
}

fn wrong_comparison(numbers: &mut Numbers) -> (wire::Comparison, &'static str) {
    use comparison::With;
    let days =
        |from: &str, to: &str| With::Days(wire::Days { from: from.to_owned(), to: to.to_owned() });
    let member =
        |field: &str| With::Member(wire::ComparedMember { field: field.to_owned(), value: None });
    let no_day = *numbers.pick(&NO_DAYS);
    let (with, path) = match numbers.below(6) {
        0 => (None, "compare"),
        1 => (Some(days(no_day, "2026-01-03")), "compare.days.from"),
        2 => (Some(days("2026-01-03", no_day)), "compare.days.to"),
        3 => (Some(days("2026-01-03", "2026-01-02")), "compare.days"),
        4 => (Some(member("asset.")), "compare.member.field"),
        _ => (Some(member("city")), "compare"),
    };
    (wire::Comparison { with }, path)
}

/// A request with one wrong field; the fields are destructured so that the compiler names a new one.
#[expect(deprecated, reason = "`offset` is a field as long as it is there")]
#[expect(clippy::too_many_lines, reason = "the fields one after the other, a few lines each")]
fn spoilt(numbers: &mut Numbers) -> Spoilt {
    let wire::QueryRequest {
        mut from,
        mut to,
        mut filter,
        mut group_by,
        mut measures,
        mut order_by,
        limit,
        mut offset,
        snapshot,
        mut having,
        mut extras,
        mut compare,
        mut after,
        mut window,
        mut look_back_days,
    } = request(numbers);
    let path = match numbers.below(13) {
        0 => {
            from = numbers.pick::<&str>(&NO_DAYS).to_string();
            "from".to_owned()
        }
        1 => {
            to = numbers.pick::<&str>(&NO_DAYS).to_string();
            "to".to_owned()
        }
        2 => {
            let (found, path) = wrong_filter(numbers);
            filter = Some(found);
            path
        }
        3 => {
            let field = *numbers.pick(&NO_FIELDS);
            group_by.push(field.to_owned());
            match field {
                "city" | "asset.size" => "group_by".to_owned(),
                _ => format!("group_by[{}]", group_by.len() - 1),
            }
        }
        4 => {
            match numbers.below(3) {
                0 => measures.clear(),
                1 => measures.push("likes".to_owned()),
                _ => measures.push(measures[0].clone()),
            }
            "measures".to_owned()
        }
        5 => {
            let (found, path) = wrong_order(numbers, order_by.len());
            // What rows are ordered by must be requested, or compared, and is neither; otherwise the order would not be
            // read.
            order_by.push(found);
            compare = None;
            path
        }
        6 => {
            let (found, path) = wrong_having(numbers);
            having = Some(found);
            if group_by.is_empty() {
                group_by.push("country".to_owned());
            }
            path
        }
        7 => {
            let at = extras.len();
            match numbers.below(3) {
                0 => extras.push(0),
                1 => extras.push(77),
                _ => {
                    extras = vec![1, 1];
                    return spoilt_extras(numbers, extras);
                }
            }
            format!("extras[{at}]")
        }
        8 => {
            let (found, path) = wrong_comparison(numbers);
            compare = Some(found);
            path.to_owned()
        }
        9 => {
            after = (*numbers.pick(&["7", "c1.", "é", " ", "last"])).to_owned();
            offset = 0;
            "after".to_owned()
        }
        10 => {
            window = Some(wire::Window { over: None });
            "window".to_owned()
        }
        11 => {
            let over = window::Over::TrailingDays(*numbers.pick(&[0, 1, 367, u32::MAX]));
            group_by = vec!["day".to_owned()];
            (order_by, having, compare, filter) = (Vec::new(), None, None, None);
            extras.clear();
            window = Some(wire::Window { over: Some(over) });
            "window".to_owned()
        }
        _ => {
            group_by = vec!["day".to_owned()];
            (order_by, having, compare, filter) = (Vec::new(), None, None, None);
            extras.clear();
            look_back_days = Some(*numbers.pick(&[0, 3_661, u32::MAX]));
            "look_back_days".to_owned()
        }
    };
    let request = wire::QueryRequest {
        from,
        to,
        filter,
        group_by,
        measures,
        order_by,
        limit,
        offset,
        snapshot,
        having,
        extras,
        compare,
        after,
        window,
        look_back_days,
    };
    (request, path)
}

/// The same extra twice, which is an error of the list.
fn spoilt_extras(numbers: &mut Numbers, extras: Vec<i32>) -> Spoilt {
    let request =
        wire::QueryRequest { extras, having: None, order_by: Vec::new(), ..request(numbers) };
    (request, "extras".to_owned())
}

#[tokio::test]
async fn each_field_that_is_wrong_is_refused_by_its_path() {
    let cubes = open(&lake()).await;
    let mut numbers = Numbers(21);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3_000 {
        let (request, path) = spoilt(&mut numbers);
        let said = format!("{request:?}");
        let error = asked(&cubes, request).await.expect_err(&said);
        assert_eq!(error.code, Code::InvalidArgument, "{error}: {said}");
        assert!(error.message.starts_with(&format!("`{path}`: ")), "{path}: {error}: {said}");
        seen.insert(path);
    }
    // Including deep ones.
    for part in ["filter.", "having.", "order_by[", "group_by[", "extras[", "compare.days."] {
        assert!(seen.iter().any(|path| path.starts_with(part)), "{part}: {seen:?}");
    }
}

/// Changed bytes that are still a message are answered, or refused as the caller's fault.
#[tokio::test]
async fn changed_bytes_are_answered_or_refused_by_a_part() {
    let cubes = open(&lake()).await;
    let mut numbers = Numbers(22);
    let (mut n_refused, mut n_answered) = (0, 0);
    let is_told_by_part = |message: &str| {
        let path = message.strip_prefix('`').and_then(|rest| rest.split(['`', '.', '[']).next());
        QuestionPart::ALL.iter().any(|part| Some(part.as_str()) == path)
    };
    for _ in 0..4_000 {
        let mut bytes = request(&mut numbers).encode_to_vec();
        // One byte: with several changed the lengths of parts are mostly wrong, and no message is left.
        let at = numbers.below(bytes.len());
        bytes[at] = u8::try_from(numbers.below(128)).unwrap();
        let Ok(request) = wire::QueryRequest::decode(bytes.as_slice()) else { continue };
        let said = format!("{request:?}");
        match asked(&cubes, request).await {
            Ok(()) => n_answered += 1,
            Err(error) => {
                let allowed = [Code::InvalidArgument, Code::ResourceExhausted, Code::NotFound];
                assert!(allowed.contains(&error.code), "{error}: {said}");
                let is_snapshot = error.code == Code::NotFound;
                assert!(is_snapshot || is_told_by_part(&error.message), "{error}: {said}");
                n_refused += 1;
            }
        }
    }
    assert!(n_refused > 300 && n_answered > 300, "{n_refused} refused, {n_answered} answered");
}

#[tokio::test]
#[expect(deprecated, reason = "`offset` is a field as long as it is there")]
async fn each_field_of_a_search_that_is_wrong_is_refused_by_its_path() {
    let cubes = open(&lake()).await;
    let mut numbers = Numbers(23);
    for _ in 0..500 {
        let wire::MembersRequest {
            mut field,
            search,
            mut limit,
            offset,
            snapshot,
            mut from,
            mut to,
            mut filter,
            mut after,
        } = wire::MembersRequest { field: "country".to_owned(), ..Default::default() };
        let path = match numbers.below(6) {
            0 => {
                // Without a field all are searched.
                field = (*numbers.pick(&NO_FIELDS[1..])).to_owned();
                "field".to_owned()
            }
            1 => {
                from = (*numbers.pick(&NO_DAYS)).to_owned();
                "from".to_owned()
            }
            2 => {
                to = (*numbers.pick(&NO_DAYS)).to_owned();
                "to".to_owned()
            }
            3 => {
                after = "last".to_owned();
                "after".to_owned()
            }
            4 => {
                limit = Some(u32::MAX);
                "limit".to_owned()
            }
            _ => {
                let (found, path) = wrong_filter(&mut numbers);
                filter = Some(found);
                path
            }
        };
        let request = wire::MembersRequest {
            field,
            search,
            limit,
            offset,
            snapshot,
            from,
            to,
            filter,
            after,
        };
        let said = format!("{request:?}");
        let found = match members_request_from_wire(request) {
            Ok(request) => cubes.members(request).await.map(|_| ()),
            Err(error) => Err(error),
        };
        let error = found.expect_err(&said);
        let code = if path == "limit" { Code::ResourceExhausted } else { Code::InvalidArgument };
        assert_eq!(error.code, code, "{error}: {said}");
        assert!(error.message.starts_with(&format!("`{path}`: ")), "{path}: {error}: {said}");
    }
}
