//! A module in two: the first part without the functions that are for later, and the part that has those.

use crate::choice::{self, mentioned};
use anyhow::{Context, Result, bail, ensure};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use walrus::ir::Value;
use walrus::{
    ConstExpr, ElementItems, ElementKind, ExportItem, FunctionBuilder, FunctionId, FunctionKind, GlobalKind, ImportedFunction, Module,
    ModuleConfig, TableId, TypeId, ValType,
};

/// Where the rest imports the first part's exports from.
const FIRST: &str = "first";
/// What the first part calls when the rest is to be there: a function of the page's script.
const LOAD: (&str, &str) = ("later", "load");

/// The two modules, and how many functions went where.
pub(super) struct Parts {
    pub(super) first: Vec<u8>,
    pub(super) later: Vec<u8>,
    pub(super) functions: usize,
    pub(super) moved: usize,
    pub(super) stubs: usize,
}

/// Divides the module in `whole`; what `names` mean is said at `choice::later`.
///
/// # Errors
/// It is not a module, has a shape that Rust's compiler does not write, or has no function for one of `names`.
pub(super) fn split(whole: &[u8], names: &[String]) -> Result<Parts> {
    // Read twice, as no module can be copied. The same function has the same number in both.
    let (mut first, mut rest) = (parse(whole)?, parse(whole)?);
    let later = choice::later(&first, names)?;
    let in_rest = same(&rest, &later);
    let functions = first.funcs.iter_local().count();
    let slots = leave_stubs(&mut first, &later)?;
    let called = detach(&mut rest, &in_rest, &slots)?;
    offer(&mut first, &called);
    for module in [&mut first, &mut rest] {
        walrus::passes::gc::run(module);
    }
    Ok(Parts { first: first.emit_wasm(), later: rest.emit_wasm(), functions, moved: later.len(), stubs: slots.len() })
}

fn parse(bytes: &[u8]) -> Result<Module> {
    let mut config = ModuleConfig::new();
    config.generate_name_section(false).generate_producers_section(false);
    config.parse(bytes)
}

/// The functions of `module` that have the numbers of `others` in another reading of the same bytes.
fn same(module: &Module, others: &HashSet<FunctionId>) -> HashSet<FunctionId> {
    let numbers: HashSet<usize> = others.iter().map(FunctionId::index).collect();
    module.funcs.iter().map(walrus::Function::id).filter(|id| numbers.contains(&id.index())).collect()
}

/// The function in each slot of the table of functions.
///
/// # Errors
/// A segment of the table is of a shape that Rust's compiler does not write.
pub(super) fn slots(module: &Module) -> Result<BTreeMap<i32, FunctionId>> {
    let mut slots = BTreeMap::new();
    for segment in module.elements.iter() {
        match (&segment.kind, &segment.items) {
            (ElementKind::Active { offset: ConstExpr::Value(Value::I32(offset)), .. }, ElementItems::Functions(functions)) => {
                slots.extend((*offset..).zip(functions.iter().copied()));
            }
            (ElementKind::Declared, _) => {}
            _ => bail!("a segment of the table is not a plain list of functions"),
        }
    }
    Ok(slots)
}

fn table_of_functions(module: &Module) -> Result<TableId> {
    let tables =
        module.elements.iter().filter_map(|segment| if let ElementKind::Active { table, .. } = segment.kind { Some(table) } else { None });
    let tables: BTreeSet<TableId> = tables.collect();
    ensure!(tables.len() == 1, "{} tables have functions in them, where one is expected", tables.len());
    tables.into_iter().next().context("no table")
}

/// Puts a stub in the place of each function that is for `later` and can be called by the first part. Answers the slots that they call through, by the
/// numbers of the functions.
fn leave_stubs(first: &mut Module, later: &HashSet<FunctionId>) -> Result<BTreeMap<usize, i32>> {
    let table = table_of_functions(first)?;
    let mut places: BTreeMap<usize, i32> = BTreeMap::new();
    for (slot, id) in slots(first)? {
        if later.contains(&id) {
            places.insert(id.index(), slot);
        }
    }
    let called: BTreeSet<FunctionId> = first
        .funcs
        .iter_local()
        .filter(|(id, _)| !later.contains(id))
        .flat_map(|(_, function)| mentioned(function))
        .filter(|id| later.contains(id))
        .collect();
    for id in called {
        if let Entry::Vacant(place) = places.entry(id.index()) {
            let end = first.tables.get_mut(table);
            place.insert(i32::try_from(end.initial)?);
            end.initial += 1;
            end.maximum = end.maximum.map(|most| most.max(end.initial));
        }
    }
    let nothing = first.types.add(&[], &[]);
    let (load, _) = first.add_import_func(LOAD.0, LOAD.1, nothing);
    // In order, so that the same module is always divided in the same two.
    for id in later.iter().copied().collect::<BTreeSet<FunctionId>>() {
        if let Some(slot) = places.get(&id.index()) {
            let body = stub(first, first.funcs.get(id).ty(), load, *slot, table);
            first.funcs.get_mut(id).kind = body;
        }
    }
    Ok(places)
}

/// Calls `load`, and then what is in `slot`, as it was called itself.
fn stub(module: &mut Module, ty: TypeId, load: FunctionId, slot: i32, table: TableId) -> FunctionKind {
    let (params, results) = module.types.params_results(ty);
    let (params, results): (Vec<ValType>, Vec<ValType>) = (params.to_vec(), results.to_vec());
    let locals: Vec<_> = params.iter().map(|param| module.locals.add(*param)).collect();
    let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
    let mut body = builder.func_body();
    body.call(load);
    for local in &locals {
        body.local_get(*local);
    }
    body.i32_const(slot).call_indirect(ty, table);
    FunctionKind::Local(builder.local_func(locals))
}

/// Under which the first part exports a function of this number and the rest imports it.
fn function_name(number: usize) -> String {
    format!("f{number:x}")
}

/// Leaves only what is for `later` in the rest, with its functions in the slots that the stubs call through. All else is imported. Answers the numbers of
/// the functions of the first part that it calls.
fn detach(rest: &mut Module, later: &HashSet<FunctionId>, places: &BTreeMap<usize, i32>) -> Result<HashSet<usize>> {
    let table = table_of_functions(rest)?;
    let exports: Vec<_> = rest.exports.iter().map(walrus::Export::id).collect();
    exports.into_iter().for_each(|id| rest.exports.delete(id));
    let data: Vec<_> = rest.data.iter().map(walrus::Data::id).collect();
    data.into_iter().for_each(|id| rest.data.delete(id));
    rest.memories.iter_mut().for_each(|memory| memory.data_segments.clear());
    rest.start = None;
    fill(rest, table, later, places);

    let called = rest.funcs.iter_local().filter(|(id, _)| later.contains(id)).flat_map(|(_, function)| mentioned(function));
    let called: HashSet<FunctionId> = called.collect();
    let elsewhere: Vec<(FunctionId, TypeId)> =
        rest.funcs.iter_local().filter(|(id, _)| !later.contains(id)).map(|(id, function)| (id, function.ty())).collect();
    let wanted = elsewhere.iter().map(|(id, _)| *id).filter(|id| called.contains(id)).map(|id| id.index()).collect();
    for (id, ty) in elsewhere {
        let import = rest.imports.add(FIRST, &function_name(id.index()), id);
        rest.funcs.get_mut(id).kind = FunctionKind::Import(ImportedFunction { import, ty });
    }
    import_state(rest);
    Ok(wanted)
}

/// Puts the functions of the rest into its table, in one segment for each run of slots.
fn fill(rest: &mut Module, table: TableId, later: &HashSet<FunctionId>, places: &BTreeMap<usize, i32>) {
    let segments: Vec<_> = rest.elements.iter().map(walrus::Element::id).collect();
    segments.into_iter().for_each(|id| rest.elements.delete(id));
    rest.tables.iter_mut().for_each(|table| table.elem_segments.clear());
    let by_number: HashMap<usize, FunctionId> = later.iter().map(|id| (id.index(), *id)).collect();
    let by_slot: BTreeMap<i32, FunctionId> = places.iter().map(|(number, slot)| (*slot, by_number[number])).collect();
    let mut runs: Vec<(i32, Vec<FunctionId>)> = Vec::new();
    for (slot, id) in by_slot {
        match runs.last_mut() {
            Some((start, run)) if usize::try_from(slot - *start).is_ok_and(|length| length == run.len()) => run.push(id),
            _ => runs.push((slot, vec![id])),
        }
    }
    for (start, run) in runs {
        let kind = ElementKind::Active { table, offset: ConstExpr::Value(Value::I32(start)) };
        let segment = rest.elements.add(kind, ElementItems::Functions(run));
        rest.tables.get_mut(table).elem_segments.insert(segment);
    }
}

/// Has the rest use the memory, the tables and the globals of the first part.
fn import_state(rest: &mut Module) {
    for (name, item) in state(rest) {
        match item {
            ExportItem::Global(id) => {
                let import = rest.imports.add(FIRST, &name, id);
                rest.globals.get_mut(id).kind = GlobalKind::Import(import);
            }
            ExportItem::Table(id) => {
                let import = rest.imports.add(FIRST, &name, id);
                let table = rest.tables.get_mut(id);
                table.import = Some(import);
                // The first part's has more slots.
                table.maximum = None;
            }
            ExportItem::Memory(id) => {
                let import = rest.imports.add(FIRST, &name, id);
                rest.memories.get_mut(id).import = Some(import);
            }
            ExportItem::Function(_) | ExportItem::Tag(_) => {}
        }
    }
}

/// What a module keeps between calls, and how the two parts call it.
fn state(module: &Module) -> Vec<(String, ExportItem)> {
    let globals = module.globals.iter().filter(|global| matches!(global.kind, GlobalKind::Local(_)));
    let globals = globals.map(|global| (format!("g{}", global.id().index()), ExportItem::Global(global.id())));
    let tables = module.tables.iter().map(|table| (format!("t{}", table.id().index()), ExportItem::Table(table.id())));
    let memories = module.memories.iter().map(|memory| (format!("m{}", memory.id().index()), ExportItem::Memory(memory.id())));
    globals.chain(tables).chain(memories).collect()
}

/// Exports what the rest imports.
fn offer(first: &mut Module, called: &HashSet<usize>) {
    let functions = first.funcs.iter().map(walrus::Function::id).filter(|id| called.contains(&id.index()));
    let functions: Vec<_> = functions.map(|id| (function_name(id.index()), ExportItem::Function(id))).collect();
    for (name, item) in functions.into_iter().chain(state(first)) {
        first.exports.add(&name, item);
    }
}
