//! 95 % bounds, from events to answers over the wire, against people who are known. The long form is `make accuracy`.

use clio_proto::{RemoteConfig, RemoteCubes};
use clio_tests::{PLACES, Sandbox, Worlds, coverage, settings};

/// Of each kind of number, at least 94 % of the bounds hold, less five standard deviations of such a share among
/// independent worlds; of all together, at least 94 %. All ranks of an answer hold simultaneously.
#[test]
#[expect(
    clippy::print_stdout,
    reason = "the seed, and what held, for whoever asks with --nocapture"
)]
fn bounds_hold_what_is_true() {
    let (n_worlds, seed) = (90, settings::seed());
    println!("seed {seed} (CLIO_TEST_SEED), {n_worlds} worlds");
    let worlds = Worlds::new(n_worlds, 8, seed);
    let sandbox = Sandbox::new();
    worlds.write(&sandbox.path(""));
    sandbox.etl(&sandbox.path("model.toml"), "lake", &[]);
    let serving =
        sandbox.serve(&["serve", "--lake", &sandbox.text("lake"), "--grpc", "127.0.0.1:0"]);
    let config = RemoteConfig { endpoints: vec![serving.url.clone()], ..RemoteConfig::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let found = runtime.block_on(async {
        let cubes = RemoteCubes::new(&config).unwrap();
        coverage(&cubes, &worlds).await.unwrap()
    });
    let deviation = (0.94 * 0.06 / n_worlds as f64).sqrt();
    for (kind, tally) in found.kinds() {
        println!("{kind}: {:.1} % of {}", 100.0 * tally.share(), tally.n);
        assert!(tally.n >= n_worlds as u64, "{kind}: {tally:?}");
        assert!(tally.share() >= 0.94 - 5.0 * deviation, "seed {seed}: {kind}: {tally:?}");
    }
    assert!(found.kinds().any(|(kind, _)| kind == PLACES));
    let all = found.all();
    assert!(all.share() >= 0.94, "seed {seed}: {all:?}");
}
