//! What is asked of the cube: the input types, and the enums that the dataset model fills.

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
                .description("Which way rows are ordered. Null comes last, both ways.")
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
    let what = "What an answer may have beside keys and values.";
    enum_of(EXTRA, what, &Extra::ALL, |extra| {
        let description = match extra {
            Extra::Shares => "Of each value the part of the total's.",
            Extra::Others => "The groups below the page as one row.",
            Extra::Ranks => {
                "The places that each row may have, by the first measure of orderBy; there must be one."
            }
            Extra::Reach => {
                "Whom the rows of the page reach together, one beyond another, and in common, by the first distinct \
                 measure that is asked for; of at most 20 rows."
            }
            Extra::Intervals => {
                "How sure each value is: the 95 % intervals of sampling, and of sampling and counting together."
            }
            Extra::Verdicts => {
                "Of rates of people that are compared, whether one is really higher. Only with compare, of at most 100 rows that \
                 are not grouped by time, over at most 366 days; not with whole, of which rows are a part."
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
        let what = "a whole number since the member's first day, of single days alone";
        EnumItem::new(enum_name(&name)).description(format!("{} (`{name}`): {what}.", info.label))
    })
}

fn field(dataset: &Description) -> Enum {
    Enum::new(FIELD)
        .description("What one filters by: a dimension, or an attribute of one.")
        .items(fields(dataset))
}

fn group_key(dataset: &Description) -> Enum {
    let times = time_grains(dataset).map(|grain| {
        let name = grain.as_str();
        let value = if grain == TimeGrain::Week { " The value is its first day." } else { "" };
        EnumItem::new(enum_name(name))
            .description(format!("One row a {name}: of its days that lie in the range.{value}"))
    });
    Enum::new(GROUP_KEY)
        .description("What rows are grouped by: a step of time, or a field.")
        .items(times)
        .items(fields(dataset))
        .items(ages(dataset))
}

fn measure(dataset: &Description) -> Enum {
    Enum::new(MEASURE).description("A number that one asks for.").items(
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
        .description("What is asked of the cube.")
        .field(input("from", TypeRef::named(DATE)).description(
            "The first day, included. Alone: from it to the last day of the data. Without from \
             and to: the days that are there.",
        ))
        .field(
            input("to", TypeRef::named(DATE)).description(
                "The last day, included. Alone: from the first day of the data to it.",
            ),
        )
        .field(
            input("where", TypeRef::named(CUBE_FILTER))
                .description("Which cells count; without it all of them."),
        )
        .field(
            input("groupBy", list(GROUP_KEY))
                .default_value(none())
                .description(
                    "What one row stands for, each key once; without it there is the total alone. A \
                     multi-valued field makes one group a value. Where the filter tests that field, its \
                     groups are the values that the filter can be true for, taken over one value, \
                     whatever way it is written: anyOf [a] gives a, noneOf [a] all but a, prefix those \
                     that start so, or the groups of either side, not the others; a test of another \
                     field leaves all. Where no single value can make it true (allOf [a, b]), they are \
                     the values that its parts ask for.",
                ),
        )
        .field(
            input("measures", list(MEASURE))
                .description("What is asked for, at least one, each once. Values come in this order."),
        )
        .field(input("having", TypeRef::named(CUBE_HAVING)).description(
            "Which groups stay; without it all of them. Conditions are on the values that the answer has, which of a \
             distinct count is the estimate: bounds may lie on both sides of a threshold. The total is that of all groups.",
        ))
        .field(input("orderBy", list(ORDER_BY)).default_value(none()).description(
            "The order of rows, each measure and key once. Without it: time keys ascending if there are any, otherwise the \
             first measure descending.",
        ))
        .field(
            input("extras", list(EXTRA))
                .default_value(none())
                .description("What the answer shall have beside keys and values, each once."),
        )
        .field(input("window", TypeRef::named(WINDOW)).description(
            "Which days count for a row of time; without it those of its own step. Not together with compare, SHARES and OTHERS.",
        ))
        .field(input("lookBackDays", TypeRef::named(TypeRef::INT)).description(format!(
            "Says of each row of time who of its people is new, not seen in so many days (1 to {MAX_LOOK_BACK_DAYS}) before the row's \
             first day, and who returns: of the first distinct measure that is asked for. Not together with window."
        )))
        .field(
            input("compare", TypeRef::named(COMPARISON))
                .description("With what each row is compared; without it with nothing."),
        )
        .field(
            input("first", TypeRef::named(TypeRef::INT))
                .description(format!("The most rows of the page, at most {MAX_LIMIT}; without it {DEFAULT_LIMIT}.")),
        )
        .field(input("after", TypeRef::named(TypeRef::STRING)).description(
            "The endCursor of the page before, or the cursor of one of its rows; without it the page begins with the first row. The \
             page is of the same snapshot, whatever came since, so that pages neither skip nor repeat a row. All that says which rows \
             there are and in which order has to be the same.",
        ))
        .field(
            input("limit", TypeRef::named_nn(TypeRef::INT))
                .default_value(DEFAULT_LIMIT)
                .description(format!("The most rows in the answer, at most {MAX_LIMIT}."))
                .deprecation(Some("Ask for `first`.")),
        )
        .field(
            input("offset", TypeRef::named_nn(TypeRef::INT))
                .default_value(0)
                .description("Rows to skip before the first one.")
                .deprecation(Some("Ask `after` the cursor of the page before, which is of one snapshot.")),
        );
    quantile_inputs::asked(query, dataset)
}

fn window() -> InputObject {
    InputObject::new(WINDOW)
        .description("Which days count for a row of time: exactly one of these.")
        .field(input("trailingDays", TypeRef::named(TypeRef::INT)).description(format!(
            "The day and those before it, 2 to {MAX_TRAILING_DAYS} in all, whether they were asked for or not. Only by DAY."
        )))
        .field(
            input("cumulative", TypeRef::named(TypeRef::BOOLEAN))
                .description("The step and all before it, from the first day asked for on."),
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
                .description("Which way."),
        );
    quantile_inputs::ordered(order, dataset)
}

fn cube_filter(dataset: &Description) -> InputObject {
    let many = || TypeRef::named_nn_list(CUBE_FILTER);
    let filter = InputObject::new(CUBE_FILTER)
        .description("Which cells count. Entries of one object are joined with AND.")
        .field(
            input("and", many())
                .description("All of them hold. An empty list holds for all cells."),
        )
        .field(
            input("or", many())
                .description("At least one of them holds. An empty list holds for no cell."),
        )
        .field(input("not", TypeRef::named(CUBE_FILTER)).description("It does not hold."));
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
        Operator::Prefix => Some("The value starts so; case counts."),
        // Values are texts.
        Operator::Between => None,
        Operator::IsNull => Some("Whether there is no value."),
    })
}

fn age_filter() -> InputObject {
    let filter = InputObject::new(AGE_FILTER).description(
        "On an age, which is a whole number. Conditions of one object are joined with AND: atLeast and atMost make an \
         interval. Of an age that is not known none holds but noneOf and isNull.",
    );
    tests(filter, |operator| match operator {
        Operator::AnyOf => Some("The age is one of these."),
        // One age is never all of several.
        Operator::AllOf => None,
        Operator::NoneOf => {
            Some("The age is none of these; one that is not known is none of them.")
        }
        // A number starts with nothing.
        Operator::Prefix => None,
        Operator::Between => Some("The age is"),
        Operator::IsNull => Some("Whether the age is not known."),
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
        Operator::Prefix => Some("The set holds a value that starts so; case counts."),
        // Values are texts.
        Operator::Between => None,
        Operator::IsNull => Some("Whether the set is empty."),
    })
}

/// The operators that are offered, with what each says of a field.
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
                .description("All of them hold. An empty list holds for all groups."),
        )
        .field(
            input("or", many())
                .description("At least one of them holds. An empty list holds for no group."),
        )
        .field(input("not", TypeRef::named(CUBE_HAVING)).description("It does not hold."));
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
         Where the value is undefined (0 / 0), none holds but isNull.",
    ))
}

/// What a number of a comparison is.
fn compared_part(part: ComparedPart) -> &'static str {
    match part {
        ComparedPart::Other => "The other side's value.",
        ComparedPart::Difference => "The row's value less the other one.",
        ComparedPart::Ratio => "The row's value over the other one.",
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
         interval. Where the number is undefined, none holds but isNull.",
    ))
}

fn plain_tests(filter: InputObject) -> InputObject {
    let number = |name: &str| input(name, TypeRef::named(TypeRef::FLOAT));
    filter
        .field(number("atLeast").description("The value is this or more."))
        .field(number("atMost").description("The value is this or less."))
        .field(number("above").description("The value is more than this."))
        .field(number("below").description("The value is less than this."))
        .field(
            input("isNull", TypeRef::named(TypeRef::BOOLEAN))
                .description("Whether the value is undefined."),
        )
}

pub(super) fn input(name: &str, ty: TypeRef) -> InputValue {
    InputValue::new(name, ty)
}
