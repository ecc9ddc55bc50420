//! Watches the dashboard's build, so that a release build made before `npm run build` does not stay
//! without its pages. Debug builds read the files from disk when they are asked for.

#[expect(
    clippy::disallowed_methods,
    reason = "what cargo says to a build script is in the environment"
)]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Cargo runs this again whenever a watched path is missing: right for a release build, which
    // embeds the folder, and a waste for a debug build.
    if std::env::var_os("PROFILE").is_some_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=dashboard/dist");
    }
}
