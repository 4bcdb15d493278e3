// What the reader chose of the looks holds from the first paint on. The module, which comes later, does the same and keeps it.

for (const [key, attribute] of [['agency.theme', 'data-theme'], ['agency.density', 'data-density']]) {
  try {
    const word = JSON.parse(localStorage.getItem(key));
    if (word) document.documentElement.setAttribute(attribute, word);
  } catch {
    // Storage is forbidden, or what lies there is not ours.
  }
}
