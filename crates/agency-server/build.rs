//! Sees to it that the page's build can be embedded: the directory is there, and a release build looks at it again when it has changed.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let dist = Path::new("../../frontend/dist");
    // Without the page the server still builds; it then answers with a page that says how to build it.
    if let Err(error) = std::fs::create_dir_all(dist) {
        println!("cargo::warning=the page's directory {} cannot be made: {error}", dist.display());
    }
    // Other profiles read the files when they are asked for.
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=../../frontend/dist");
    }
}
