//! Texts that list the steps of a run of the etl list all of them.

use clio_proto::RunStep;
use clio_tests::repository;

#[test]
fn every_list_of_a_runs_steps_is_whole() {
    let names = RunStep::ALL.map(RunStep::as_str);
    let quoted = names.map(|name| format!("\"{name}\""));
    let list = |names: &[&str]| {
        let (last, others) = names.split_last().unwrap();
        format!("{} or {last}.", others.join(", "))
    };
    for (file, list) in [
        ("proto/protos/clio/v1/cubes.proto", list(&quoted.each_ref().map(String::as_str))),
        ("web/schema.graphql", list(&names)),
    ] {
        let text = std::fs::read_to_string(repository().join(file)).unwrap();
        assert!(text.contains(&list), "{file} lacks: {list}");
    }
}
