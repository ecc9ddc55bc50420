//! Rows ordered and filtered by their comparison: against all rows of the query, whose numbers are checked against the
//! events.

use std::cmp::Ordering;

use clio_proto::{
    Answer, Code, ComparedMeasure, ComparedPart, Comparison, CubeService as _, Direction, Extra,
    GroupKey, Having, MeasureTest, Order, OrderBy, Query, QueryRange, Row,
};

use super::compared::{any_compared, check_compared};
use super::events::{Numbers, day};
use super::queries::{MEASURES, gapped_lake, group_by, open};
use crate::Cubes;

fn of(measure: &str, part: ComparedPart) -> ComparedMeasure {
    ComparedMeasure { measure: measure.to_owned(), part }
}

fn by(order: Order, direction: Direction) -> OrderBy {
    OrderBy { by: order, direction }
}

/// A number of a row of a query for all measures.
fn number(row: &Row, by: &Order) -> Option<f64> {
    let at = |name: &str| MEASURES.iter().position(|own| *own == name).unwrap();
    match by {
        Order::Measure(name) => row.values[at(name)].value,
        Order::Compared(of) => row.compared[at(&of.measure)].part(of.part).value,
        Order::Key(_) => panic!("a key is no number"),
    }
}

fn stays(row: &Row, having: &Having) -> bool {
    match having {
        Having::And(all) => all.iter().all(|own| stays(row, own)),
        Having::Or(all) => all.iter().any(|own| stays(row, own)),
        Having::Not(own) => !stays(row, own),
        Having::Measure { measure, test } => {
            test.holds(number(row, &Order::Measure(measure.clone())))
        }
        Having::Compared { of, test } => test.holds(number(row, &Order::Compared(of.clone()))),
    }
}

/// Missing values come last, in both directions.
fn last<T: Copy>(
    a: Option<T>,
    b: Option<T>,
    direction: Direction,
    compare: fn(&T, &T) -> Ordering,
) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if direction == Direction::Ascending => compare(&a, &b),
        (Some(a), Some(b)) => compare(&b, &a),
        _ => a.is_none().cmp(&b.is_none()),
    }
}

fn in_order(query: &Query, a: &Row, b: &Row) -> Ordering {
    let key = |key: &GroupKey, direction: Direction| {
        let at = query.group_by.iter().position(|own| own == key).unwrap();
        last(a.keys[at].value.as_ref(), b.keys[at].value.as_ref(), direction, |a, b| a.cmp(b))
    };
    let asked = query.order_by.iter().map(|order| match &order.by {
        Order::Key(own) => key(own, order.direction),
        own => last(number(a, own), number(b, own), order.direction, f64::total_cmp),
    });
    let ties = query.group_by.iter().map(|own| key(own, Direction::Ascending));
    asked.chain(ties).find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
}

/// A condition close to a number of some row.
fn any_condition(numbers: &mut Numbers, rows: &[Row], depth: usize) -> Having {
    let nested = |numbers: &mut Numbers| -> Vec<Having> {
        let n = 1 + numbers.below(2);
        (0..n).map(|_| any_condition(numbers, rows, depth + 1)).collect()
    };
    match numbers.below(if depth < 3 { 9 } else { 6 }) {
        6 => return Having::And(nested(numbers)),
        7 => return Having::Or(nested(numbers)),
        8 => return Having::Not(Box::new(any_condition(numbers, rows, depth + 1))),
        _ => {}
    }
    let measure = (*numbers.pick(&MEASURES)).to_owned();
    let of = of(&measure, *numbers.pick(&ComparedPart::ALL));
    let is_own = numbers.below(4) == 0;
    let order = if is_own { Order::Measure(measure.clone()) } else { Order::Compared(of.clone()) };
    let near = number(numbers.pick(rows), &order).unwrap_or(0.0);
    let test = match numbers.below(6) {
        0 => MeasureTest::AtLeast(near),
        1 => MeasureTest::AtMost(near),
        2 => MeasureTest::Above(near),
        3 => MeasureTest::Below(near),
        4 => MeasureTest::Between { from: near - 2.0, to: near + 0.5 },
        _ => MeasureTest::IsNull(numbers.below(2) == 0),
    };
    match is_own {
        true => Having::Measure { measure, test },
        false => Having::Compared { of, test },
    }
}

/// A query whose rows are ordered or filtered by their comparison.
fn any_by_comparison(numbers: &mut Numbers, all: &Query, rows: &[Row]) -> Query {
    let first = numbers.below(MEASURES.len());
    let measures: Vec<String> = (0..1 + numbers.below(3))
        .map(|more| MEASURES[(first + more) % MEASURES.len()].to_owned())
        .collect();
    let direction = |numbers: &mut Numbers| match numbers.below(2) {
        0 => Direction::Ascending,
        _ => Direction::Descending,
    };
    let mut order_by = Vec::new();
    for measure in measures.iter().take(numbers.below(3)) {
        let own = of(measure, *numbers.pick(&ComparedPart::ALL));
        order_by.push(by(Order::Compared(own), direction(numbers)));
        if numbers.below(3) == 0 {
            order_by.push(by(Order::Measure(measure.clone()), direction(numbers)));
        }
    }
    let having = order_by.is_empty() || numbers.below(2) == 0;
    let having = having.then(|| any_condition(numbers, rows, 0));
    if order_by.is_empty() || numbers.below(3) == 0 {
        let key = Order::Key(numbers.pick(&all.group_by).clone());
        order_by.push(by(key, direction(numbers)));
    }
    Query { measures, order_by, having, ..all.clone() }
}

/// The expected rows of a query, given all rows.
fn expected(query: &Query, all: &[Row]) -> Vec<Row> {
    let is_left = |row: &&Row| query.having.as_ref().is_none_or(|having| stays(row, having));
    let mut rows: Vec<Row> = all.iter().filter(is_left).cloned().collect();
    rows.sort_by(|a, b| in_order(query, a, b));
    let at = |name: &String| MEASURES.iter().position(|own| own == name).unwrap();
    let places: Vec<usize> = query.measures.iter().map(at).collect();
    for row in &mut rows {
        row.values = places.iter().map(|at| row.values[*at]).collect();
        row.compared = places.iter().map(|at| row.compared[*at]).collect();
    }
    rows
}

async fn paged(cubes: &Cubes, query: &Query, numbers: &mut Numbers) -> (Vec<Row>, Answer) {
    let (mut rows, mut query) = (Vec::new(), query.clone());
    loop {
        query.limit = 1 + numbers.below(40);
        let page = cubes.query(query.clone(), None).await.unwrap();
        rows.extend(page.rows.iter().cloned());
        if !page.has_next_page() {
            return (rows, page);
        }
        query.after = page.end;
    }
}

#[tokio::test]
async fn any_order_and_condition_by_comparison_agrees_with_all_rows() {
    let lake = gapped_lake();
    let cubes = open(&lake).await;
    let mut numbers = Numbers(31);
    let (mut n_queries, mut n_kept, mut n_dropped) = (0, 0, 0);
    while n_queries < 160 {
        let all = Query {
            measures: MEASURES.map(str::to_owned).to_vec(),
            having: None,
            order_by: Vec::new(),
            extras: Vec::new(),
            limit: 5_000,
            offset: 0,
            ..any_compared(&mut numbers)
        };
        if all.group_by.is_empty() {
            continue;
        }
        // A member that the filter excludes is refused.
        let Ok(answer) = cubes.query(all.clone(), None).await else { continue };
        if answer.rows.is_empty() {
            continue;
        }
        if n_queries % 10 == 0 {
            check_compared(&lake.events, &all, &answer);
        }
        for _ in 0..2 {
            let query = any_by_comparison(&mut numbers, &all, &answer.rows);
            let expected = expected(&query, &answer.rows);
            let (rows, end) = paged(&cubes, &query, &mut numbers).await;
            assert_eq!(rows, expected, "{query:#?}");
            assert_eq!(end.n_groups, expected.len() as u64);
            n_kept += expected.len();
            n_dropped += answer.rows.len() - expected.len();
            n_queries += 1;
        }
    }
    assert!(n_kept > 500 && n_dropped > 500, "{n_kept} {n_dropped}");
}

/// Conditions on counts come first: the other side is looked up only for the remaining groups.
#[tokio::test]
async fn the_other_side_is_looked_up_for_groups_that_are_left() {
    let cubes = open(&gapped_lake()).await;
    let range = QueryRange::Days { from: Some(day("2026-01-01")), to: Some(day("2026-01-03")) };
    let query = |having: Vec<Having>| Query {
        range,
        group_by: group_by(&["asset", "country"]),
        compare: Some(Comparison::PreviousPeriod),
        having: Some(Having::And(having)),
        order_by: vec![by(Order::Key("asset".parse().unwrap()), Direction::Ascending)],
        limit: 1,
        ..Query::total(["plays"])
    };
    let grown = || Having::Compared {
        of: of("viewers", ComparedPart::Ratio),
        test: MeasureTest::AtLeast(0.5),
    };
    let plays = Having::Measure { measure: "plays".to_owned(), test: MeasureTest::AtLeast(2.0) };
    let work = async |having| cubes.query(query(having), None).await.unwrap().work.unwrap();
    let (all, left) = (work(vec![grown()]).await, work(vec![grown(), plays]).await);
    assert!(left.n_estimates > 0 && left.n_estimates * 2 < all.n_estimates, "{left:?} {all:?}");
}

#[tokio::test]
async fn what_cannot_be_ordered_or_kept_by_a_comparison_is_refused() {
    let cubes = open(&gapped_lake()).await;
    let ratio = || Order::Compared(of("plays", ComparedPart::Ratio));
    let query = || Query {
        group_by: group_by(&["asset"]),
        compare: Some(Comparison::Rest),
        ..Query::total(["plays"])
    };
    let down = Direction::Descending;
    let having = |measure: &str| Having::Compared {
        of: of(measure, ComparedPart::Difference),
        test: MeasureTest::AtLeast(1.0),
    };
    let cases = [
        (
            Query { compare: None, order_by: vec![by(ratio(), down)], ..query() },
            "`order_by`: `plays.ratio` is part of a comparison, but rows are not compared; give `compare`",
        ),
        (
            Query { compare: None, having: Some(having("plays")), ..query() },
            "`having`: tests a comparison, but rows are not compared; give `compare`",
        ),
        (
            Query {
                order_by: vec![by(Order::Measure("plays.diference".to_owned()), down)],
                ..query()
            },
            "`order_by`: rows cannot be ordered by the measure `plays.diference`, which the query does not ask for: `plays`; of a comparison \
             there are `plays.other`, `plays.difference`, `plays.ratio`; did you mean `plays.difference`?",
        ),
        (
            Query {
                order_by: vec![by(Order::Compared(of("clicks", ComparedPart::Other)), down)],
                ..query()
            },
            "`order_by`: rows cannot be ordered by the measure `clicks`, which the query does not ask for: `plays`",
        ),
        (
            Query {
                having: Some(Having::Measure {
                    measure: "plays.ration".to_owned(),
                    test: MeasureTest::AtLeast(1.0),
                }),
                ..query()
            },
            "`having`: `plays` is not a quantile measure, and has no `ration`; ask for `plays`; of a comparison there are \
             `plays.other`, `plays.difference`, `plays.ratio`; did you mean `plays.ratio`?",
        ),
        (
            Query { order_by: vec![by(ratio(), down); 2], ..query() },
            "`order_by`: `plays.ratio` is given twice; once is enough",
        ),
        (
            Query { order_by: vec![by(ratio(), down)], extras: vec![Extra::Ranks], ..query() },
            "`extras`: ranks are by values of rows, but rows are ordered by a comparison; name a measure first",
        ),
    ];
    for (query, message) in cases {
        let error = cubes.query(query, None).await.unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (Code::InvalidArgument, message));
    }
    // A cursor also depends on the comparison that the order uses.
    let query = Query { order_by: vec![by(ratio(), down)], limit: 2, ..query() };
    let after = cubes.query(query.clone(), None).await.unwrap().end;
    let next = Query { after, compare: Some(Comparison::Whole), ..query };
    let error = cubes.query(next, None).await.unwrap_err();
    assert!(error.message.starts_with("`after`: the cursor belongs to another query"), "{error}");
}
