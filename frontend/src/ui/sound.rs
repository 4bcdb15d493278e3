//! The one sound of the page: two short notes, made here, as a file would be one more to load.

use super::storage::{store, stored};
use wasm_bindgen::JsValue;
use web_sys::AudioContext;

/// When each begins, in seconds, and its pitch, in hertz: a fifth upwards.
const NOTES: [(f64, f32); 2] = [(0.0, 587.3), (0.14, 880.0)];
const NOTE_SECONDS: f64 = 0.35;
/// Of what there is. A bell's loudness falls from the beginning on, to next to nothing.
const LOUDNESS: f32 = 0.12;
const SILENCE: f32 = 0.0001;

/// When a tab played it last, for the others.
const PLAYED: &str = "agency.played";
/// All tabs hear of the same thing, within this time.
const TOGETHER_MS: i64 = 3_000;

thread_local! {
    /// Made where it is first needed, and kept: a browser has few of them.
    static OUTPUT: Option<AudioContext> = AudioContext::new().ok();
}

/// Plays it. A browser stays silent until the reader has pressed something since the page was loaded, and where there is nothing to hear it with.
pub(crate) fn chime() {
    OUTPUT.with(|output| {
        // Without a sound the page is as good.
        drop(output.as_ref().map(|output| NOTES.map(|(after, hertz)| play(output, after, hertz))));
    });
}

/// Plays it, unless another tab has just done so.
pub(crate) fn chime_once() {
    let now = js_sys::Date::now() as i64;
    if stored(PLAYED).is_none_or(|played: i64| !(0..TOGETHER_MS).contains(&(now - played))) {
        store(PLAYED, &now);
        chime();
    }
}

fn play(output: &AudioContext, after: f64, hertz: f32) -> Result<(), JsValue> {
    // Its end tells no one anything.
    let _ = output.resume()?;
    let begin = output.current_time() + after;
    let (note, volume) = (output.create_oscillator()?, output.create_gain()?);
    note.frequency().set_value(hertz);
    volume.gain().set_value_at_time(LOUDNESS, begin)?;
    volume.gain().exponential_ramp_to_value_at_time(SILENCE, begin + NOTE_SECONDS)?;
    note.connect_with_audio_node(&volume)?;
    volume.connect_with_audio_node(&output.destination())?;
    note.start_with_when(begin)?;
    note.stop_with_when(begin + NOTE_SECONDS)
}
