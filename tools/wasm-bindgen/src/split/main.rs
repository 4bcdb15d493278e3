//! Divides the page's module into what the first view needs and the rest, which the page fetches once it is on screen.
//!
//! ```text
//! split-page MODULE.wasm LATER.wasm NAME…
//! ```
//!
//! `MODULE.wasm` is replaced by the first part, and the rest is written to `LATER.wasm`. A `NAME` is the path of a module of the page whose functions
//! are for later, as they stand in the names of functions; the module has to carry those.
//!
//! Both parts share memory, tables and globals, and neither has a state of its own: the rest can be instantiated at any time, and again. Where the first
//! part calls the rest, a stub stands for it, which has the page's script load the rest if it is not there, and calls on through the table.

mod choice;
mod parts;

use anyhow::{Context, Result, bail};
use std::path::Path;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (module, later, names) = match arguments.as_slice() {
        [flag] if flag == "--version" => {
            println!("split-page {}", env!("CARGO_PKG_VERSION"));
            return Ok(());
        }
        [module, later, names @ ..] => (module, later, names),
        _ => bail!("usage: split-page MODULE.wasm LATER.wasm NAME…"),
    };
    let whole = std::fs::read(module).with_context(|| format!("cannot read {module}"))?;
    let parts = parts::split(&whole, names).with_context(|| format!("cannot divide {module}"))?;
    write(module, &parts.first)?;
    write(later, &parts.later)?;
    println!("{} of {} functions for later, {} of them behind a stub", parts.moved, parts.functions, parts.stubs);
    Ok(())
}

fn write(path: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
    let path = path.as_ref();
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
