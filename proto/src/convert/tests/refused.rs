//! Invalid messages are refused with the name of the field.

use super::sent;
use crate::convert::answer::{answer_from_wire, coverage_from_wire};
use crate::convert::describe::measure_info_from_wire;
use crate::convert::query::filter_to_wire;
use crate::convert::{
    duration_from_wire, members_request_from_wire, query_from_wire, query_to_wire,
    serving_status_from_wire, snapshots_request_from_wire,
};
use crate::error::Code;
use crate::field::FieldRef;
use crate::filter::{Filter, MAX_FILTER_DEPTH, Test};
use crate::query::{Query, QueryRange};
use crate::wire;

fn request() -> wire::QueryRequest {
    query_to_wire(Query::total(["plays"]), None).unwrap()
}

fn refused(request: wire::QueryRequest, expected: &str) {
    let error = query_from_wire(request).unwrap_err();
    assert_eq!((error.code, error.message.as_str()), (Code::InvalidArgument, expected));
}

#[test]
fn a_bad_request_is_refused_by_the_name_of_its_field() {
    for text in ["2026-13-01", "2026-02-30", "26-01-01", "2026-01-01T00:00", "20260101", " "] {
        let message = format!("`from`: `{text}` is not a date; expected a day like `2026-01-31`");
        refused(wire::QueryRequest { from: text.to_owned(), ..request() }, &message);
        let message = format!("`to`: `{text}` is not a date; expected a day like `2026-01-31`");
        refused(wire::QueryRequest { to: text.to_owned(), ..request() }, &message);
    }
    for text in ["", ".", "asset.", ".title"] {
        let message = format!(
            "`group_by[1]`: `{text}` names no field; expected a dimension like `country` or an \
             attribute like `asset.title`"
        );
        let group_by = vec!["country".to_owned(), text.to_owned()];
        refused(wire::QueryRequest { group_by, ..request() }, &message);
    }
    let by = Some(wire::order_by::By::Measure("plays".to_owned()));
    refused(
        wire::QueryRequest { order_by: vec![wire::OrderBy { by, direction: 0 }], ..request() },
        "`order_by[0].direction`: none given; expected DIRECTION_ASCENDING or DIRECTION_DESCENDING",
    );
    refused(
        wire::QueryRequest {
            order_by: vec![wire::OrderBy { by: None, direction: 1 }],
            ..request()
        },
        "`order_by[0]`: an entry is empty; expected `measure`, `key` or `compared`",
    );
    refused(
        wire::QueryRequest { window: Some(wire::Window { over: None }), ..request() },
        "`window`: is empty; expected one of `trailing_days`, `cumulative`",
    );
    refused(
        wire::QueryRequest { after: "7".to_owned(), ..request() },
        "`after`: `7` is not a cursor; expected one from an answer",
    );
    let compared =
        |with| wire::QueryRequest { compare: Some(wire::Comparison { with }), ..request() };
    refused(
        compared(None),
        "`compare`: is empty; expected one of `previous_period`, `days`, `member`, `rest`, `whole`, `snapshot`",
    );
    let days = |from: &str, to: &str| {
        let days = wire::Days { from: from.to_owned(), to: to.to_owned() };
        compared(Some(wire::comparison::With::Days(days)))
    };
    refused(
        days("2026-02-01", "2026-01-01"),
        "`compare.days`: ends before it starts: from=2026-02-01 to=2026-01-01",
    );
    refused(
        days("2026-01-01", ""),
        "`compare.days.to`: `` is not a date; expected a day like `2026-01-31`",
    );
    let member = wire::ComparedMember { field: String::new(), value: None };
    refused(
        compared(Some(wire::comparison::With::Member(member))),
        "`compare.member.field`: `` names no field; expected a dimension like `country` or an \
         attribute like `asset.title`",
    );
    refused(
        wire::QueryRequest { filter: Some(wire::Filter { node: None }), ..request() },
        "`filter`: a node is empty; expected one of `and`, `or`, `not`, `field`",
    );
    let test = wire::FieldTest { field: "country".to_owned(), test: None };
    let node = Some(wire::filter::Node::Field(test));
    refused(
        wire::QueryRequest { filter: Some(wire::Filter { node }), ..request() },
        "`filter.field`: `country` has no test; expected one of `any_of`, `all_of`, `none_of`, \
         `prefix`, `between`, `is_null`",
    );
}

#[test]
fn a_bad_filter_is_refused_by_its_path() {
    use wire::field_test::Test as Of;
    use wire::filter::Node;
    let leaf = |field: &str, test: Option<Of>| wire::Filter {
        node: Some(Node::Field(wire::FieldTest { field: field.to_owned(), test })),
    };
    let list = |filters| wire::FilterList { filters };
    let and = |filters| wire::Filter { node: Some(Node::And(list(filters))) };
    let or = |filters| wire::Filter { node: Some(Node::Or(list(filters))) };
    let not = |own| wire::Filter { node: Some(Node::Not(Box::new(own))) };
    let refused = |filter: wire::Filter, expected: &str| {
        refused(wire::QueryRequest { filter: Some(filter), ..request() }, expected);
    };
    let good = || leaf("country", Some(Of::IsNull(true)));
    let between = |from, to| Some(Of::Between(wire::WholeRange { from, to }));
    refused(
        and(vec![good(), or(vec![leaf("asset.age_day", between(Some(7), Some(6)))])]),
        "`filter.and.filters[1].or.filters[0].field.between`: no whole number lies between 7 and 6",
    );
    refused(
        not(leaf("asset.age_day", between(None, None))),
        "`filter.not.field.between`: a range of whole numbers has at least one end",
    );
    refused(
        not(leaf("asset.", Some(Of::IsNull(true)))),
        "`filter.not.field.field`: `asset.` names no field; expected a dimension like `country` or an \
         attribute like `asset.title`",
    );
    refused(
        or(vec![good(), wire::Filter { node: None }]),
        "`filter.or.filters[1]`: a node is empty; expected one of `and`, `or`, `not`, `field`",
    );
}

#[test]
fn a_bad_condition_is_refused_by_its_path() {
    use wire::having::Node;
    use wire::measure_test::Test as Of;
    let leaf = |measure: &str, test: Option<Of>| wire::Having {
        node: Some(Node::Measure(wire::MeasureTest { measure: measure.to_owned(), test })),
    };
    let list = |conditions| wire::HavingList { conditions };
    let and = |conditions| wire::Having { node: Some(Node::And(list(conditions))) };
    let or = |conditions| wire::Having { node: Some(Node::Or(list(conditions))) };
    let not = |own| wire::Having { node: Some(Node::Not(Box::new(own))) };
    let refused = |having: wire::Having, expected: &str| {
        refused(wire::QueryRequest { having: Some(having), ..request() }, expected);
    };
    let good = || leaf("plays", Some(Of::AtLeast(1.0)));
    refused(
        and(vec![good(), or(vec![leaf("plays", Some(Of::Below(f64::NAN)))])]),
        "`having.and.conditions[1].or.conditions[0].measure.below`: NaN is not a finite number",
    );
    let range = wire::NumberRange { from: 2.0, to: 1.0 };
    refused(
        not(leaf("plays", Some(Of::Between(range)))),
        "`having.not.measure.between`: 2 is above 1; the smaller number comes first",
    );
    refused(
        leaf("plays", None),
        "`having.measure`: `plays` has no test; expected one of `at_least`, `at_most`, `above`, `below`, \
         `between`, `is_null`",
    );
    refused(leaf("", Some(Of::IsNull(true))), "`having.measure.measure`: is missing");
    refused(
        or(vec![good(), wire::Having { node: None }]),
        "`having.or.conditions[1]`: a node is empty; expected one of `and`, `or`, `not`, `measure`, \
         `compared`",
    );
    let compared = |part: wire::ComparedPart, test: Option<Of>| {
        let test =
            test.map(|test| wire::MeasureTest { measure: "plays".to_owned(), test: Some(test) });
        let test = wire::ComparedTest { part: part.into(), test };
        wire::Having { node: Some(Node::Compared(test)) }
    };
    refused(
        or(vec![compared(wire::ComparedPart::Unspecified, Some(Of::AtLeast(1.0)))]),
        "`having.or.conditions[0].compared.part`: none given; expected COMPARED_PART_OTHER, COMPARED_PART_DIFFERENCE or \
         COMPARED_PART_RATIO",
    );
    refused(compared(wire::ComparedPart::Ratio, None), "`having.compared.test`: is missing");
    refused(
        compared(wire::ComparedPart::Ratio, Some(Of::Above(f64::INFINITY))),
        "`having.compared.test.above`: inf is not a finite number",
    );
    let deep = (0..MAX_FILTER_DEPTH).fold(good(), |own, _| not(own));
    refused(deep, "`having`: nested 33 deep or more, over the limit of 32");
}

#[test]
fn what_a_request_leaves_out_has_a_default() {
    let empty = wire::QueryRequest { limit: None, ..request() };
    assert_eq!(query_from_wire(empty).unwrap(), (Query::total(["plays"]), None));
    let members = wire::MembersRequest { field: "asset".to_owned(), ..Default::default() };
    assert_eq!(members_request_from_wire(members).unwrap().limit, 50);
    assert_eq!(snapshots_request_from_wire(wire::SnapshotsRequest::default()), 20);
}

#[test]
fn a_range_that_is_open_on_both_ends_is_all_time() {
    let open = QueryRange::Days { from: None, to: None };
    let query = Query { range: open, ..Query::total(["plays"]) };
    let (back, _) = query_from_wire(query_to_wire(query, None).unwrap()).unwrap();
    assert_eq!(back.range, QueryRange::AllTime);
}

#[test]
fn filters_may_be_nested_so_deep_and_no_deeper() {
    let nested = |depth: usize| {
        let leaf = Filter::Field {
            field: FieldRef::parse("country"),
            test: Test::AnyOf(vec!["US".to_owned()]),
        };
        (1..depth).fold(leaf, |filter, _| Filter::And(vec![filter]))
    };
    let query = |depth| Query { filter: Some(nested(depth)), ..Query::total(["plays"]) };
    let deepest = query_to_wire(query(MAX_FILTER_DEPTH), None).unwrap();
    assert_eq!(query_from_wire(sent(&deepest)).unwrap().0, query(MAX_FILTER_DEPTH));

    let message = "`filter`: nested 33 deep or more, over the limit of 32; list values in one \
                   `any_of` instead of nesting tests";
    let error = query_to_wire(query(MAX_FILTER_DEPTH + 1), None).unwrap_err();
    assert_eq!((error.code, error.message.as_str()), (Code::InvalidArgument, message));
    let too_deep = Some(filter_to_wire(nested(MAX_FILTER_DEPTH + 1)));
    refused(wire::QueryRequest { filter: too_deep, ..request() }, message);
}

#[test]
fn an_answer_without_its_parts_is_refused() {
    let error = answer_from_wire(wire::QueryResponse::default()).unwrap_err();
    assert_eq!(error.message, "`snapshot`: is missing");
    let half = wire::Coverage { from: "2026-01-01".to_owned(), ..Default::default() };
    assert_eq!(coverage_from_wire(half).unwrap_err().message, "`coverage.to`: is missing");
    let measure = wire::MeasureInfo { name: "plays".to_owned(), ..Default::default() };
    let error = measure_info_from_wire(measure).unwrap_err();
    assert_eq!(error.message, "`measures.kind`: `plays` has no known kind");
    let error = serving_status_from_wire(wire::WatchResponse { state: 9, ..Default::default() });
    assert_eq!(error.unwrap_err().message, "`state`: 9 is not a known state");
    let negative = prost_types::Duration { seconds: -1, nanos: 0 };
    assert!(duration_from_wire(negative).is_err());
}
