//! Queries of the cube: the input types, and the enums whose values come from the dataset model.

use async_graphql::Value;
use async_graphql::dynamic::{Enum, EnumItem, InputObject, InputValue, SchemaBuilder, TypeRef};
use clio_proto::{
    ComparedPart, Description, Extra, FieldInfo, MAX_LIMIT, MAX_LOOK_BACK_DAYS, MAX_TRAILING_DAYS,
    Operator, Takes, TimeGrain,
};

use super::compared::COMPARISON;
use super::enums::enum_of;
use super::quantile_inputs;
use super::scalars::DATE;
use crate::lower::{DEFAULT_LIMIT, entries_of};
use crate::names::{condition_name, enum_name, field_name, time_grains};

pub(super) const FIELD: &str = "Field";
pub(super) const GROUP_KEY: &str = "GroupKey";
pub(super) const MEASURE: &str = "Measure";
pub(super) const CUBE_QUERY: &str = "CubeQuery";
pub(super) const CUBE_FILTER: &str = "CubeFilter";
const VALUE_FILTER: &str = "ValueFilter";
const SET_FILTER: &str = "SetFilter";
const AGE_FILTER: &str = "AgeFilter";
const CUBE_HAVING: &str = "CubeHaving";
const NUMBER_FILTER: &str = "NumberFilter";
const COMPARED_FILTER: &str = "ComparedFilter";
const COMPARED_PART: &str = "ComparedPart";
const EXTRA: &str = "Extra";
const ORDER_BY: &str = "OrderBy";
const WINDOW: &str = "Window";
const DIRECTION: &str = "Direction";

pub(super) fn register(schema: SchemaBuilder, dataset: &Description) -> SchemaBuilder {
    let schema = quantile_inputs::register(schema, dataset);
    let schema = if dataset.ages.is_empty() { schema } else { schema.register(age_filter()) };
    schema
        .register(field(dataset))
        .register(group_key(dataset))
        .register(measure(dataset))
        .register(cube_query(dataset))
        .register(order_by(dataset))
        .register(window())
        .register(
            Enum::new(DIRECTION)
                .description("The direction in which rows are ordered. Null comes last in both.")
                .item(EnumItem::new("ASC").description("Smallest first."))
                .item(EnumItem::new("DESC").description("Largest first.")),
        )
        .register(extra())
        .register(cube_filter(dataset))
        .register(value_filter())
        .register(set_filter())
        .register(cube_having(dataset))
        .register(number_filter())
        .register(compared_filter())
        .register(enum_of(
            COMPARED_PART,
            "A number of the comparison of a measure.",
            &ComparedPart::ALL,
            |part| (part.as_str(), compared_part(part)),
        ))
}

fn extra() -> Enum {
    let what = "What an answer may contain besides keys and values.";
    enum_of(EXTRA, what, &Extra::ALL, |extra| {
        let description = match extra {
            Extra::Shares => "For each value, its fraction of the total's.",
            Extra::Others => "The groups below the page as one row.",
            Extra::Ranks => {
                "The ranks that each row may have, by the first measure of orderBy, which is required."
            }
            Extra::Reach => {
                "The people whom the rows of the page reach together, one beyond another, and in common, by the first distinct \
                 measure requested; for at most 20 rows."
            }
            Extra::Intervals => {
                "The uncertainty of each value: the 95 % intervals of sampling, and of sampling and counting together."
            }
            Extra::Verdicts => {
                "For compared rates of people, whether one is really higher. Only with compare, for at most 100 rows that \
                 are not grouped by time, over at most 366 days; not with whole, which includes the rows."
            }
        };
        (extra.as_str(), description)
    })
}

fn fields(dataset: &Description) -> impl Iterator<Item = EnumItem> {
    dataset.fields.iter().map(|info| {
        let name = info.field.to_string();
        EnumItem::new(enum_name(&name)).description(format!("{} (`{name}`).", info.label))
    })
}

fn ages(dataset: &Description) -> impl Iterator<Item = EnumItem> {
    dataset.ages.iter().map(|info| {
        let name = info.field.to_string();
        let what = "a whole number since the member's first day, only for single days";
        EnumItem::new(enum_name(&name)).description(format!("{} (`{name}`): {what}.", info.label))
    })
}

fn field(dataset: &Description) -> Enum {
    Enum::new(FIELD)
        .description("A field to filter by: a dimension, or an attribute of one.")
        .items(fields(dataset))
}

fn group_key(dataset: &Description) -> Enum {
    let times = time_grains(dataset).map(|grain| {
        let name = grain.as_str();
        let value = if grain == TimeGrain::Week { " The value is its first day." } else { "" };
        EnumItem::new(enum_name(name)).description(format!(
            "One row for each {name}, of those of its days that lie in the range.{value}"
        ))
    });
    Enum::new(GROUP_KEY)
        .description("A key to group by: a step of time, or a field.")
        .items(times)
        .items(fields(dataset))
        .items(ages(dataset))
}

fn measure(dataset: &Description) -> Enum {
    Enum::new(MEASURE).description("A measure that queries can ask for.").items(
        dataset.measures.iter().map(|info| {
            EnumItem::new(enum_name(&info.name))
                .description(format!("{} (`{}`).", info.label, info.name))
        }),
    )
}

fn cube_query(dataset: &Description) -> InputObject {
    let list = |type_name: &str| TypeRef::named_nn_list_nn(type_name);
    let none = || Value::List(Vec::new());
    let query = InputObject::new(CUBE_QUERY)
        .description("A query of the cube.")
        .field(input("from", TypeRef::named(DATE)).description(
            "The first day, included. Alone: from it to the last day of the data. Without from \
             and to: the days that are present.",
        ))
        .field(
            input("to", TypeRef::named(DATE)).description(
                "The last day, included. Alone: from the first day of the data to it.",
            ),
        )
        .field(
            input("where", TypeRef::named(CUBE_FILTER))
                .description("Which cells count; by default all of them."),
        )
        .field(
            input("groupBy", list(GROUP_KEY))
                .default_value(none())
                .description(
                    "What one row stands for, each key once; without it only the total is returned. A \
                     multi-valued field makes one group for each value. If the filter tests that field, its \
                     groups are the values for which the filter can be true, as if a cell held that value alone, \
                     however it is written: anyOf [a] gives a, noneOf [a] all but a, prefix those \
                     that start with it, or the groups of either side, not the others; a test of another \
                     field leaves all. Where no single value can make it true (allOf [a, b]), they are \
                     the values that its parts name.",
                ),
        )
        .field(
            input("measures", list(MEASURE))
                .description("The measures to compute, at least one, each once. Values come in this order."),
        )
        .field(input("having", TypeRef::named(CUBE_HAVING)).description(
            "Which groups stay; by default all of them. Conditions apply to the values in the answer, which for a \
             distinct count are estimates: bounds may lie on both sides of a threshold. The total is that of all groups.",
        ))
        .field(input("orderBy", list(ORDER_BY)).default_value(none()).description(
            "The order of rows, each measure and key once. Without it: time keys ascending if there are any, otherwise the \
             first measure descending.",
        ))
        .field(
            input("extras", list(EXTRA))
                .default_value(none())
                .description("What the answer is to contain besides keys and values, each once."),
        )
        .field(input("window", TypeRef::named(WINDOW)).description(
            "Which days count for a row of time; by default those of its own step. Not together with compare, SHARES or OTHERS.",
        ))
        .field(input("lookBackDays", TypeRef::named(TypeRef::INT)).description(format!(
            "Says for each row of time how many of its people are new, not seen in this many days (1 to {MAX_LOOK_BACK_DAYS}) before the row's \
             first day, and how many return, by the first distinct measure requested. Not together with window."
        )))
        .field(
            input("compare", TypeRef::named(COMPARISON))
                .description("What each row is compared with; by default with nothing."),
        )
        .field(
            input("first", TypeRef::named(TypeRef::INT))
                .description(format!("The largest number of rows on the page, at most {MAX_LIMIT}; by default {DEFAULT_LIMIT}.")),
        )
        .field(input("after", TypeRef::named(TypeRef::STRING)).description(
            "The endCursor of the previous page, or the cursor of one of its rows; without it the page begins with the first row. The \
             page is of the same snapshot, even if there are newer ones, so that pages neither skip nor repeat a row. All that determines which rows \
             there are, and in which order, must be the same.",
        ))
        .field(
            input("limit", TypeRef::named_nn(TypeRef::INT))
                .default_value(DEFAULT_LIMIT)
                .description(format!("The largest number of rows in the answer, at most {MAX_LIMIT}."))
                .deprecation(Some("Use `first`.")),
        )
        .field(
            input("offset", TypeRef::named_nn(TypeRef::INT))
                .default_value(0)
                .description("Rows to skip before the first one.")
                .deprecation(Some("Use `after` with the cursor of the previous page, which stays with one snapshot.")),
        );
    quantile_inputs::asked(query, dataset)
}

fn window() -> InputObject {
    InputObject::new(WINDOW)
        .description("Which days count for a row of time: exactly one of these.")
        .field(input("trailingDays", TypeRef::named(TypeRef::INT)).description(format!(
            "The day and those before it, 2 to {MAX_TRAILING_DAYS} in all, whether requested or not. Only by DAY."
        )))
        .field(
            input("cumulative", TypeRef::named(TypeRef::BOOLEAN))
                .description("The step and all before it, from the first requested day on."),
        )
}

fn order_by(dataset: &Description) -> InputObject {
    let order = InputObject::new(ORDER_BY)
        .description("What rows are ordered by: exactly one of its names.")
        .field(
            input("measure", TypeRef::named(MEASURE))
                .description("A measure that the query asks for."),
        )
        .field(
            input("key", TypeRef::named(GROUP_KEY)).description("A key that the query groups by."),
        )
        .field(input("part", TypeRef::named(COMPARED_PART)).description(
            "A number of the measure's comparison, in place of its value. Only with compare.",
        ))
        .field(
            input("direction", TypeRef::named_nn(DIRECTION))
                .default_value(Value::Enum(async_graphql::Name::new("DESC")))
                .description("The direction."),
        );
    quantile_inputs::ordered(order, dataset)
}

fn cube_filter(dataset: &Description) -> InputObject {
    let many = || TypeRef::named_nn_list(CUBE_FILTER);
    let filter = InputObject::new(CUBE_FILTER)
        .description("Which cells count. Entries of one object are joined with AND.")
        .field(
            input("and", many())
                .description("All of them must hold. An empty list holds for all cells."),
        )
        .field(
            input("or", many())
                .description("At least one of them must hold. An empty list holds for no cell."),
        )
        .field(input("not", TypeRef::named(CUBE_FILTER)).description("It must not hold."));
    let type_of = |info: &FieldInfo| if info.multi { SET_FILTER } else { VALUE_FILTER };
    let fields = dataset.fields.iter().map(|info| (info, type_of(info)));
    fields.chain(dataset.ages.iter().map(|info| (info, AGE_FILTER))).fold(filter, |filter, own| {
        let (info, type_name) = own;
        let name = field_name(&info.field.to_string());
        filter.field(
            input(&name, TypeRef::named(type_name))
                .description(format!("{} (`{}`).", info.label, info.field)),
        )
    })
}

fn value_filter() -> InputObject {
    let filter = InputObject::new(VALUE_FILTER)
        .description("On a single-valued field. Conditions of one object are joined with AND.");
    tests(filter, |operator| match operator {
        Operator::AnyOf => Some("The value is one of these."),
        // One value is never all of several.
        Operator::AllOf => None,
        Operator::NoneOf => Some("The value is none of these; null is none of them."),
        Operator::Prefix => Some("The value starts with this; case-sensitive."),
        // Values are texts.
        Operator::Between => None,
        Operator::IsNull => Some("Whether there is no value."),
    })
}

fn age_filter() -> InputObject {
    let filter = InputObject::new(AGE_FILTER).description(
        "On an age, which is a whole number. Conditions of one object are joined with AND: atLeast and atMost make an \
         interval. For an unknown age only noneOf and isNull can hold.",
    );
    tests(filter, |operator| match operator {
        Operator::AnyOf => Some("The age is one of these."),
        // One age is never all of several.
        Operator::AllOf => None,
        Operator::NoneOf => Some("The age is none of these; an unknown age is none of them."),
        // No prefixes of numbers.
        Operator::Prefix => None,
        Operator::Between => Some("The age is"),
        Operator::IsNull => Some("Whether the age is unknown."),
    })
}

fn set_filter() -> InputObject {
    let filter = InputObject::new(SET_FILTER).description(
        "On a multi-valued field: what must hold of the set of values. Conditions of one object \
         are joined with AND.",
    );
    tests(filter, |operator| match operator {
        Operator::AnyOf => Some("The set holds at least one of these."),
        Operator::AllOf => Some("The set holds every one of these."),
        Operator::NoneOf => Some("The set holds none of these."),
        Operator::Prefix => Some("The set holds a value that starts with this; case-sensitive."),
        // Values are texts.
        Operator::Between => None,
        Operator::IsNull => Some("Whether the set is empty."),
    })
}

/// The operators on offer, each with its description for a field.
fn tests(filter: InputObject, offered: impl Fn(Operator) -> Option<&'static str>) -> InputObject {
    Operator::ALL.into_iter().fold(filter, |filter, operator| {
        let Some(description) = offered(operator) else { return filter };
        let takes = match operator.takes() {
            Takes::Values(_) => TypeRef::named_nn_list(TypeRef::STRING),
            Takes::Text(_) => TypeRef::named(TypeRef::STRING),
            Takes::Range(_) => TypeRef::named(TypeRef::INT),
            Takes::Flag { .. } => TypeRef::named(TypeRef::BOOLEAN),
        };
        entries_of(operator).iter().fold(filter, |filter, name| {
            let end = match *name {
                "atLeast" => " this or more.",
                "atMost" => " this or less.",
                "above" => " more than this.",
                "below" => " less than this.",
                _ => "",
            };
            filter.field(input(name, takes.clone()).description(format!("{description}{end}")))
        })
    })
}

fn cube_having(dataset: &Description) -> InputObject {
    let many = || TypeRef::named_nn_list(CUBE_HAVING);
    let having = InputObject::new(CUBE_HAVING)
        .description("Which groups stay. Entries of one object are joined with AND.")
        .field(
            input("and", many())
                .description("All of them must hold. An empty list holds for all groups."),
        )
        .field(
            input("or", many())
                .description("At least one of them must hold. An empty list holds for no group."),
        )
        .field(input("not", TypeRef::named(CUBE_HAVING)).description("It must not hold."));
    let having = quantile_inputs::tested(having, dataset);
    dataset.measures.iter().fold(having, |having, info| {
        having.field(input(&condition_name(&info.name), TypeRef::named(NUMBER_FILTER)).description(
            format!("{} (`{}`), whether the query asks for it or not.", info.label, info.name),
        ))
    })
}

fn number_filter() -> InputObject {
    number_tests(InputObject::new(NUMBER_FILTER).description(
        "On a measure's value. Conditions of one object are joined with AND: atLeast and atMost make an interval. \
         If the value is undefined (0 / 0), only isNull can hold.",
    ))
}

/// The description of a number of a comparison.
fn compared_part(part: ComparedPart) -> &'static str {
    match part {
        ComparedPart::Other => "The other side's value.",
        ComparedPart::Difference => "The row's value minus the other one.",
        ComparedPart::Ratio => "The row's value divided by the other one.",
    }
}

/// The conditions on a value, and on the numbers of its comparison.
pub(super) fn number_tests(filter: InputObject) -> InputObject {
    let filter = plain_tests(filter);
    ComparedPart::ALL.into_iter().fold(filter, |filter, part| {
        filter.field(
            input(part.as_str(), TypeRef::named(COMPARED_FILTER))
                .description(format!("{} Only with compare.", compared_part(part))),
        )
    })
}

/// The conditions on a number of a comparison.
fn compared_filter() -> InputObject {
    plain_tests(InputObject::new(COMPARED_FILTER).description(
        "On a number of a measure's comparison. Conditions of one object are joined with AND: atLeast and atMost make an \
         interval. If the number is undefined, only isNull can hold.",
    ))
}

fn plain_tests(filter: InputObject) -> InputObject {
    let number = |name: &str| input(name, TypeRef::named(TypeRef::FLOAT));
    filter
        .field(number("atLeast").description("The number is this or more."))
        .field(number("atMost").description("The number is this or less."))
        .field(number("above").description("The number is more than this."))
        .field(number("below").description("The number is less than this."))
        .field(
            input("isNull", TypeRef::named(TypeRef::BOOLEAN))
                .description("Whether the number is undefined."),
        )
}

pub(super) fn input(name: &str, ty: TypeRef) -> InputValue {
    InputValue::new(name, ty)
}
