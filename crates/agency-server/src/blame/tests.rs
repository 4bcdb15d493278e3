use super::*;
use agency_domain::{AttemptId, Timestamp};
use serde_json::{Value, json};

const DIFF: &str = "diff --git a/src/a.rs b/src/a.rs\n--- a/src/a.rs\n+++ b/src/a.rs\n@@ -1,3 +1,4 @@\n fn f() {\n-    one();\n+    two();\n+    three();\n }\n\
@@ -20,2 +21,2 @@\n-old\n+new\n";

fn wanted(side: DiffSide, line: u32) -> Option<Wanted> {
    Wanted::hunk(&crate::diff::files(DIFF)[0], side, line, "/data/worktrees/7-x".into())
}

fn call(ordinal: u32, input: Value, diff: Option<&str>) -> FinishedCall {
    let diff = diff.map(str::to_owned);
    FinishedCall { attempt_id: AttemptId(3), ordinal, tool: Some("edit".into()), input: Some(input), diff, at: Timestamp::UNIX_EPOCH }
}

/// The place of the call that wrote the first hunk.
fn writer(calls: Vec<FinishedCall>) -> Option<u32> {
    wanted(DiffSide::New, 2).unwrap().best(calls).map(|best| best.call.ordinal)
}

#[test]
fn the_hunk_is_the_one_that_shows_the_line_on_its_side() {
    let first = |wanted: Option<Wanted>| wanted.and_then(|wanted| wanted.lines.into_iter().next()).map(|(_, text)| text);
    assert_eq!(first(wanted(DiffSide::New, 4)).as_deref(), Some("one();"));
    assert_eq!(first(wanted(DiffSide::New, 21)).as_deref(), Some("old"));
    assert_eq!(first(wanted(DiffSide::Old, 20)).as_deref(), Some("old"));
    assert!(wanted(DiffSide::New, 5).is_none() && wanted(DiffSide::Old, 21).is_none());
}

#[test]
fn the_call_that_shares_the_most_lines_wins_and_the_newest_among_equals() {
    let path = "/data/worktrees/7-x/src/a.rs";
    let edit = |ordinal, old: &str, new: &str| call(ordinal, json!({ "filePath": path, "oldString": old, "newString": new }), None);
    assert_eq!(writer(vec![edit(9, "x", "three();"), edit(2, "one();", "  two();\n  three();")]), Some(2));
    assert_eq!(writer(vec![edit(4, "one();", "two();"), edit(9, "one();", "two();"), edit(5, "one();", "two();")]), Some(9));
    assert_eq!(writer(vec![edit(1, "y", "unrelated();")]), None);
    assert_eq!(writer(vec![edit(1, "two();", "two();\nunrelated();")]), None, "what an edit keeps it has not written");
    assert_eq!(writer(vec![edit(1, "two();", "one();")]), None, "an edit the other way round is another");
}

#[test]
fn diffs_writes_lists_of_edits_and_patches_are_all_read() {
    let tools_diff = "Index: /data/worktrees/7-x/src/a.rs\n===\n--- /data/worktrees/7-x/src/a.rs\n+++ /data/worktrees/7-x/src/a.rs\n@@ -2,1 +2,1 @@\n-one();\n+two();\n";
    let patch = "*** Begin Patch\n*** Update File: src/b.rs\n+x\n*** Update File: src/a.rs\n@@\n fn f() {\n+    three();\n*** End Patch";
    let of_another = "*** Begin Patch\n*** Update File: src/b.rs\n+    three();\n*** End Patch";
    let moved = "*** Begin Patch\n*** Update File: src/c.rs\n*** Move to: src/a.rs\n+three();\n*** End Patch";
    for (input, diff, found) in [
        (json!({ "filePath": "x" }), Some(tools_diff), true),
        (json!({ "filePath": "src/a.rs" }), Some("@@ -2,1 +2,1 @@\n-one();\n+two();\n"), true),
        (json!({ "filePath": "src/b.rs" }), Some("@@ -2,1 +2,1 @@\n-one();\n+two();\n"), false),
        (json!({ "filePath": "./src/a.rs", "content": "fn f() {\n    two();\n}\n" }), None, true),
        (json!({ "filePath": "src/a.rs", "edits": [{ "oldString": "a", "newString": "three();" }] }), None, true),
        (json!({ "edits": [{ "filePath": "src/b.rs", "newString": "three();" }] }), None, false),
        (json!({ "patchText": patch }), None, true),
        (json!({ "patchText": of_another }), None, false),
        (json!({ "patchText": moved }), None, true),
        (json!(patch), None, true),
        (json!({ "command": "echo 'two();' >> src/a.rs" }), None, false),
        (json!({ "filePath": "src/a.rs" }), None, false),
    ] {
        assert_eq!(writer(vec![call(0, input.clone(), diff)]).is_some(), found, "{input} {diff:?}");
    }
}

#[test]
fn a_file_is_told_from_another_of_the_same_name() {
    let mut files = wanted(DiffSide::New, 2).unwrap().files;
    for (path, is_it) in [
        ("src/a.rs", true),
        ("/data/worktrees/7-x/src/a.rs", true),
        ("/private/data/worktrees/7-x/src/a.rs", true),
        ("/data/worktrees/7-x/other/src/a.rs", false),
        ("other/src/a.rs", false),
        ("a.rs", false),
        ("/elsewhere/xsrc/a.rs", false),
    ] {
        assert_eq!(files.are(path), is_it, "{path}");
    }
    files.names.push("src/before.rs".into());
    assert!(files.are("src/before.rs"));
}
