//! What is attached to a request goes with every step, once each.

use crate::support::{Bench, Play, done};
use agency_domain::attachments::GivenFile;
use agency_domain::pipelines::{Created, PipelineStore};
use agency_domain::testing::builders;
use agency_engine::{CreateError, CreateRequest, ForkRequest};
use serde_json::json;

fn request() -> CreateRequest {
    let given = |file: agency_domain::attachments::AttachedFile| GivenFile {
        name: file.about.name,
        media_type: file.about.media_type.to_string(),
        content: file.content.to_vec(),
    };
    CreateRequest {
        description: "Like this".into(),
        attachments: builders::attached().into_iter().map(given).collect(),
        repo: "/repo".into(),
        steps: Some(json!([{ "agent": "architect" }, { "agent": "developer" }])),
        ..CreateRequest::default()
    }
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_sent_the_files_with_its_first_message_alone_and_so_is_a_fork() {
    // The architect is asked for its hand-off again.
    let bench = Bench::start(vec![Play::Say("Hm."), Play::HandOff(done()), Play::HandOff(done()), Play::HandOff(done())]);
    let Created::New(id) = bench.engine.create(request(), None).await.unwrap() else { panic!() };
    let ended = bench.end(id).await;
    assert_eq!(ended.status.as_str(), "succeeded");
    let fork = bench.engine.fork(id, ForkRequest { by: "kim".into(), ..ForkRequest::default() }).await.unwrap();
    assert_eq!(bench.end(fork).await.attachments, ended.attachments);
    let sent: Vec<usize> = bench.runtime.prompts().iter().map(|prompt| prompt.files.len()).collect();
    assert_eq!(sent, [2, 0, 2, 2]);
    assert_eq!(bench.runtime.prompts()[3].files, builders::attached());
    for (_, attempt) in ended.attempts_in_order() {
        let receipt = bench.store.receipt(attempt.id).await.unwrap().unwrap();
        assert_eq!(receipt.attachments, ended.attachments);
        assert!(receipt.prompt.contains("`mock.png` (image/png, 10 bytes)"), "{}", receipt.prompt);
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_attached_is_one_fault_among_the_others() {
    let bench = Bench::start(Vec::new());
    let unfit = GivenFile { name: "a".into(), content: vec![0], ..GivenFile::default() };
    let request = CreateRequest { description: String::new(), attachments: vec![unfit], ..request() };
    let Err(CreateError::Invalid(faults)) = bench.engine.create(request, None).await else { panic!() };
    let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["description", "attachments[0].data"]);
}
