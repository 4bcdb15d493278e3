// What is shown when the page breaks, or does not get here whole. Plain, and no part of the module: that is what has broken then.

/** Shows a dialog with Reload over whatever is there; the first one stays. */
function showBroken(title, text, message) {
  if (document.getElementById('crash')) return;
  const dialog = document.createElement('dialog');
  dialog.id = 'crash';
  dialog.className = 'crash';
  dialog.innerHTML =
    '<div class="crash-card"><h2 id="crash-title"></h2><p></p><pre tabindex="0"></pre><button class="button primary" autofocus>Reload</button></div>';
  const attributes = { role: 'alertdialog', 'aria-labelledby': 'crash-title' };
  for (const [name, value] of Object.entries(attributes)) dialog.setAttribute(name, value);
  for (const [selector, words] of [['h2', title], ['p', text], ['pre', message]]) dialog.querySelector(selector).textContent = words;
  // What is left of the module shall not hear of it.
  dialog.addEventListener('click', (event) => event.stopPropagation());
  dialog.querySelector('button').addEventListener('click', () => location.reload());
  // There is nothing to go back to.
  dialog.addEventListener('close', () => dialog.showModal());
  document.body.append(dialog);
  // Above whatever dialog is open, and the focus goes to its one button.
  dialog.showModal();
}

/** Called by the module when it panics: it ends then, while everything still looks alive. */
globalThis.agencyBroke = (message) => {
  // With where it was, for whoever has the console open.
  console.error(message, new Error().stack);
  showBroken('The page stopped working', 'Your pipelines go on: they live on the server. Reload to see them again.', message);
  const headers = { 'Content-Type': 'application/json' };
  const body = JSON.stringify({ message: message.slice(0, 4000), path: location.pathname });
  fetch('/api/v1/page-errors', { method: 'POST', keepalive: true, headers, body }).catch(() => {});
};

let hasStarted = false;
addEventListener('TrunkApplicationStarted', () => (hasStarted = true));

function notLoaded(cause) {
  if (hasStarted) return;
  showBroken('The page could not be loaded', 'The server may be restarting, or the connection broke. Reload to try again.', cause);
}

// A script that does not arrive is told at its element only, on the way down; a module that does not, at the window.
function failed({ target, message }) {
  if (target === window) notLoaded(message);
  if (target instanceof HTMLScriptElement) notLoaded('A file of the page did not arrive.');
}
addEventListener('error', failed, true);
addEventListener('unhandledrejection', (event) => notLoaded(String(event.reason)));
