//! Rows ordered and filtered by their comparison.

use serde_json::{Value, json};

use super::{Faces, graphql_rows, rows};

#[test]
fn orders_and_conditions_by_comparison_are_the_same_in_every_face() {
    let faces = Faces::new();
    // DE had one view before and has two now; FR and US had none.
    let args = [
        "--group-by",
        "country",
        "--measures",
        "views",
        "--from",
        "2025-12-31",
        "--compare",
        "2025-12-27..2025-12-28",
    ];
    let expected = [json!(["US", 1.0]), json!(["FR", 1.0]), json!(["DE", 2.0])];
    let ordered = ordered_by_other(&args);
    let kept = [&args[..], &["--having", "views.difference >= 1 and not views.ratio isNotNull"]];
    let kept = [&kept.concat()[..], &["--order-by", "views.difference,country:desc"]].concat();
    for (ordered, kept) in faces.both(&ordered).iter().zip(&faces.both(&kept)) {
        assert_eq!(rows(ordered, "country", "views"), expected);
        assert_eq!(rows(kept, "country", "views"), expected[..2]);
    }
    let ask = |conditions: &str| -> Vec<Value> {
        let cube = faces.graphql(&format!(
            "{{ cube(query: {{ groupBy: [COUNTRY] measures: [VIEWS] from: \"2025-12-31\"
                compare: {{ days: {{ from: \"2025-12-27\", to: \"2025-12-28\" }} }} {conditions} }}) {{
                rows {{ country {{ value }} views {{ value }} }} }} }}"
        ));
        graphql_rows(&cube, "country", "views")
    };
    let by_country = "{ key: COUNTRY, direction: DESC }";
    let ordered =
        format!("orderBy: [{{ measure: VIEWS, part: OTHER, direction: ASC }}, {by_country}]");
    assert_eq!(ask(&ordered), expected);
    let kept = format!(
        "orderBy: [{by_country}]
         having: {{ views: {{ difference: {{ atLeast: 1 }} }}, not: {{ views: {{ ratio: {{ isNull: false }} }} }} }}"
    );
    assert_eq!(ask(&kept), expected[..2]);
    // Pages continue in this order, and a cursor depends on its comparison.
    let page = [&ordered_by_other(&args)[..], &["--limit", "2"]].concat();
    let [own, _] = faces.both(&page);
    let cursor = own["end_cursor"].as_str().unwrap();
    for answer in faces.both(&[&page[..], &["--after", cursor]].concat()) {
        assert_eq!(rows(&answer, "country", "views"), expected[2..]);
    }
    for (args, said) in [
        (["--order-by", "views.diference"], "did you mean `views.difference`?"),
        (["--having", "views.rato > 1"], "did you mean `views.ratio`?"),
    ] {
        let all =
            [&["--group-by", "country", "--measures", "views", "--compare", "rest"][..], &args];
        let refused = faces.clio(&all.concat());
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    let alone =
        faces.clio(&["--group-by", "country", "--order-by", "views.ratio", "--measures", "views"]);
    assert!(alone.stderr.contains("rows are not compared"), "{}", alone.stderr);
}

fn ordered_by_other<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [args, &["--order-by", "views.other:asc,country:desc"]].concat()
}
