//! The draft: what is wrong with it, what is sent of it, what is kept of it.

use super::super::testing;
use super::*;
use agency_contract::CreatePipeline;

fn draft(edits: &[(Field, &str)]) -> Draft {
    let mut draft = Draft { key: "k1".to_owned(), ..Draft::default() };
    let typed = [(Field::Description, "Add a search box"), (Field::Repo, " /home/kim/shop "), (Field::Template, "quick_fix")];
    for (field, text) in typed.iter().chain(edits) {
        draft.set(*field, (*text).to_owned(), || unreachable!());
    }
    draft
}

#[test]
fn an_empty_draft_names_each_field_that_is_needed() {
    let faults = Draft::default().faults();
    let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["description", "repo", "template"]);
    assert_eq!(first_with_fault(&faults), Some(Field::Description));
    assert_eq!(draft(&[]).faults(), []);
}

#[test]
fn a_relative_path_a_model_without_provider_and_a_limit_of_words_are_named() {
    let faults = draft(&[(Field::Repo, "shop"), (Field::Model, "big"), (Field::Tokens, "many"), (Field::Money, "0")]).faults();
    assert!(messages_for(Field::Repo, &faults).unwrap().contains("whole path"));
    assert!(messages_for(Field::Model, &faults).is_some());
    assert!(messages_for(Field::Tokens, &faults).is_some() && messages_for(Field::Money, &faults).is_some());
    assert_eq!(messages_for(Field::Title, &faults), None);
}

#[test]
fn empty_fields_are_not_sent_and_the_description_is_sent_word_for_word() {
    let request = draft(&[(Field::Description, "  two\nlines "), (Field::Tokens, "250,000"), (Field::Money, "2.50")]).request(&[]);
    let request: CreatePipeline = serde_json::from_value(request).unwrap();
    assert_eq!(request.description, "  two\nlines ");
    assert_eq!((request.repo.as_str(), request.title, request.base), ("/home/kim/shop", None, None));
    assert_eq!(request.budget, Some(Budget { tokens: Some(250_000), money: Some(2.5), ..Budget::default() }));
    let without: CreatePipeline = serde_json::from_value(draft(&[]).request(&[])).unwrap();
    assert_eq!(without.budget, None);
}

#[test]
fn steps_that_are_left_out_go_with_their_template() {
    let tailored = draft(&[(Field::Skip, "0,2"), (Field::AskAfter, "3")]);
    let request: CreatePipeline = serde_json::from_value(tailored.request(&[])).unwrap();
    assert_eq!((request.skip, request.ask_after), (vec![0, 2], vec![3]));
    let other = draft(&[(Field::Skip, "0,2"), (Field::Template, "full_feature")]);
    assert_eq!(other.get(Field::Skip), "", "the other chain has other steps");
}

#[test]
fn a_draft_asks_again_what_another_pipeline_was_asked() {
    let asked = Pipeline { description: "# Search box\n\nPut it on top.".to_owned(), base: "main".to_owned(), ..testing::pipeline() };
    let again = Draft::of_pipeline(&asked, "mock.png", "k2".to_owned());
    let texts = [Field::Description, Field::Title, Field::Repo, Field::Template, Field::Base, Field::Branch].map(|field| again.get(field));
    assert_eq!(texts, [asked.description.as_str(), "", "/home/kim/shop", "quick_fix", "main", ""]);
    assert!(!again.is_blank() && !again.sent && again.faults().is_empty() && again.lost_files() == "mock.png");
    let own = Pipeline { title: "Find things".to_owned(), template: AD_HOC.to_owned(), ..asked };
    let again = Draft::of_pipeline(&own, "", "k3".to_owned());
    assert_eq!((again.get(Field::Title), again.get(Field::Template)), ("Find things", ""));
}

#[test]
fn an_amount_is_read_as_it_is_written() {
    for (text, read) in
        [("2", Some(2.0)), ("0.05", Some(0.05)), (" 12.5 ", Some(12.5)), ("-1", None), ("1.2.3", None), ("+1", None), (".", None)]
    {
        assert_eq!(amount(text), read, "{text}");
    }
}

#[test]
fn an_edit_after_sending_makes_a_new_key_and_an_edit_before_does_not() {
    let mut draft = draft(&[(Field::Title, "One")]);
    draft.sent = true;
    draft.set(Field::Title, "One".to_owned(), || unreachable!());
    assert_eq!(draft.key, "k1");
    draft.set(Field::Title, "Two".to_owned(), || "k2".to_owned());
    assert_eq!((draft.key.as_str(), draft.sent), ("k2", false));
}

#[test]
fn files_are_sent_with_the_request_and_only_their_names_are_kept() {
    let held = [Held::new("mock.png".to_owned(), "image/png".to_owned(), b"foo"), Held::new("a.md".to_owned(), String::new(), b"f")];
    let mut draft = draft(&[]);
    draft.sent = true;
    draft.set_files(&held, || "k2".to_owned());
    assert_eq!((draft.lost_files(), draft.key.as_str(), draft.sent), ("mock.png, a.md", "k2", false));
    let request: CreatePipeline = serde_json::from_value(draft.request(&held)).unwrap();
    assert_eq!(request.attachments.iter().map(|file| file.data.as_str()).collect::<Vec<_>>(), ["Zm9v", "Zg=="]);
    draft.sent = true;
    draft.lose_files(|| "k3".to_owned());
    assert_eq!((draft.key.as_str(), draft.successor("k4".to_owned()).lost_files()), ("k3", ""));
}

#[test]
fn faults_of_the_server_without_a_field_here_are_not_lost() {
    let errors = [FieldError::new("steps[1].agent", "unknown agent")];
    assert_eq!(messages_for_no_field(&errors), ["steps[1].agent: unknown agent"]);
    assert_eq!(messages_for_no_field(&[FieldError::new("attachments[1].data", "no picture")]), Vec::<String>::new());
    assert_eq!(first_with_fault(&errors), None);
}

#[test]
fn the_next_draft_keeps_the_repository_and_the_template() {
    let next = draft(&[]).successor("k2".to_owned());
    assert_eq!((next.get(Field::Description), next.get(Field::Template), next.key.as_str()), ("", "quick_fix", "k2"));
}

#[test]
fn the_whole_chain_is_chosen_first_where_there_is_one() {
    assert_eq!(preselected(["a", "full_feature"].into_iter()), Some("full_feature"));
    assert_eq!(preselected(["a", "b"].into_iter()), Some("a"));
    assert_eq!(preselected([].into_iter()), None);
}
