//! Files beside a prompt: what of them reaches the model.

use crate::support::{World, prompt_with_files};
use agency_domain::agents::{RunEnd, RuntimeError};
use agency_domain::attachments::{AttachedFile, GivenFile, check};
use agency_scripted_model::Step;

/// One point of colour, whole: OpenCode looks into pictures.
const PIXEL: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0, 0x1f,
    0x15, 0xc4, 0x89, 0, 0, 0, 0x0d, b'I', b'D', b'A', b'T', 0x78, 0xda, 0x63, 0x64, 0xf8, 0xcf, 0x50, 0x0f, 0, 0x03, 0x86, 0x01, 0x80,
    0x5a, 0x34, 0x7d, 0x6b, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

fn files(given: &[(&str, &[u8])]) -> Vec<AttachedFile> {
    let file = |(name, content): &(&str, &[u8])| GivenFile { name: (*name).into(), content: content.to_vec(), ..GivenFile::default() };
    check(given.iter().map(file).collect()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_sees_gets_pictures_and_documents_as_they_are_and_texts_as_text() {
    let world = World::new(vec![Step::text("Seen.")]).await;
    let server = world.server().await;
    let given = files(&[("pixel.png", PIXEL), ("plan.pdf", b"%PDF-1.4\n%%EOF\n"), ("data.json", b"{\"size\": \"gr\xc3\xb6\xc3\x9fer\"}")]);
    let mut run = prompt_with_files(server.as_ref(), "scripted/m1", given).await.unwrap();
    run.until_idle().await;
    let report = run.report(server.as_ref()).await;
    assert_eq!((report.end, report.reply.as_str()), (RunEnd::Finished, "Seen."));
    let asked = world.model.requests().into_iter().find(|request| request.scenario != "title").unwrap();
    assert_eq!(asked.files.len(), 2, "{:?}", asked.files);
    assert!(asked.files[0].starts_with("data:image/png;base64,iVBORw0KGgo") && asked.files[0].ends_with("ErkJggg=="), "{}", asked.files[0]);
    assert!(asked.files[1].starts_with("data:application/pdf;base64,JVBERi0"), "{}", asked.files[1]);
    assert!(
        asked.user.starts_with("Look.") && asked.user.contains("data.json") && asked.user.contains("{\"size\": \"größer\"}"),
        "{}",
        asked.user
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_takes_text_alone_is_told_that_it_misses_something() {
    let world = World::new(vec![Step::text("Blind.")]).await;
    let server = world.server().await;
    let mut run = prompt_with_files(server.as_ref(), "scripted/m1-unpriced", files(&[("pixel.png", PIXEL)])).await.unwrap();
    run.until_idle().await;
    let asked = world.model.requests().into_iter().find(|request| request.scenario != "title").unwrap();
    assert_eq!(asked.files, Vec::<String>::new());
    assert!(asked.user.contains("Cannot read \"pixel.png\" (this model does not support image input)"), "{}", asked.user);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_that_cannot_be_read_is_refused_with_its_prompt() {
    let world = World::new(vec![Step::text("Never.")]).await;
    let server = world.server().await;
    let refused = prompt_with_files(server.as_ref(), "scripted/m1", files(&[("broken.png", &PIXEL[..40])])).await;
    assert!(matches!(refused.err(), Some(RuntimeError::Refused(_))));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_much_as_may_be_attached_arrives() {
    let world = World::new(vec![Step::text("Read.")]).await;
    let server = world.server().await;
    let document = |seed: u8| [b"%PDF-1.4\n".to_vec(), vec![seed; 5_000_000]].concat();
    let given = files(&[("one.pdf", &document(b'1')), ("two.pdf", &document(b'2'))]);
    let mut run = prompt_with_files(server.as_ref(), "scripted/m1", given).await.unwrap();
    run.until_idle().await;
    let report = run.report(server.as_ref()).await;
    assert_eq!((report.end, report.reply.as_str()), (RunEnd::Finished, "Read."));
    server.stop().await;
}
