
// The rest of the page: the functions that its first view does without (tools/divide-page.mjs says which). This stands at the end of the page's script.

const LATER = new URL('@LATER@', import.meta.url);
/** Places whose first view needs nothing of the rest. Elsewhere the page starts when both parts are there. */
const FIRST_VIEWS = /^\/((inbox|approvals|pipelines(\/\d+)?)\/?)?$/;
const NEEDS_REST = /[?&](tab|diff)=/;
const PAUSE_MS = 1_000;
const PAUSE_MS_MAX = 30_000;

let pageImports;
let isRestThere = false;
const compiled = () => WebAssembly.compileStreaming(fetch(LATER, { priority: 'low' }));
const early = FIRST_VIEWS.test(location.pathname) && !NEEDS_REST.test(location.search) ? undefined : compiled();

/** The rest has no state of its own and may be put in twice. */
async function putIn(rest, first) {
  await WebAssembly.instantiate(await rest, { ...pageImports, first });
  isRestThere = true;
}

/** Once the first view is there, and until it has worked. */
async function loadSoon() {
  for (let pause = PAUSE_MS; !isRestThere; pause = Math.min(2 * pause, PAUSE_MS_MAX)) {
    try {
      await putIn(compiled(), wasm);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** Called by the first part where it needs the rest, which is there by then, but for whoever is quicker than it: the page waits for it then. */
function loadNow() {
  if (isRestThere) return;
  const request = new XMLHttpRequest();
  request.open('GET', LATER, false);
  // Each byte as a letter whose low byte it is: the answer to such a request can only be a text.
  request.overrideMimeType('text/plain; charset=x-user-defined');
  request.send();
  const bytes = Uint8Array.from(request.responseText, (letter) => letter.charCodeAt(0));
  new WebAssembly.Instance(new WebAssembly.Module(bytes), { ...pageImports, first: wasm });
  isRestThere = true;
}
