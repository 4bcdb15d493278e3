import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { joinStyleSheets } from './style-sheet.mjs';

function built(sheets, head) {
  const folder = mkdtempSync(join(tmpdir(), 'agency-sheets-'));
  for (const [name, text] of Object.entries(sheets)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'index.html'), `<head>\n${head}\n</head>\n`);
  return folder;
}

test('style sheets are one, in the order in which the page names them', () => {
  const folder = built(
    { 'z-1.css': '/* First. */\np { color: red; }\n', 'a-2.css': 'p { margin: 0 }' },
    '    <link rel="stylesheet" href="/z-1.css" integrity="sha384-x"/>\n    <link rel="stylesheet" href="/a-2.css" integrity="sha384-y"/>\n    <title>Kept</title>',
  );
  try {
    const joined = joinStyleSheets(folder);
    assert.match(joined, /^page-[0-9a-f]{16}\.css$/);
    assert.deepEqual(readdirSync(folder).sort(), ['index.html', joined]);
    const css = readFileSync(join(folder, joined), 'utf8');
    assert.equal(css, 'p{color:red;margin:0}');
    const integrity = createHash('sha384').update(css).digest('base64');
    const html = readFileSync(join(folder, 'index.html'), 'utf8');
    assert.equal(html, `<head>\n    <link rel="stylesheet" href="/${joined}" integrity="sha384-${integrity}"/>\n    <title>Kept</title>\n</head>\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a page without style sheets is an error, since its links have changed their form then', () => {
  const folder = built({}, '<link href="/a.css" rel="stylesheet">');
  try {
    assert.throws(() => joinStyleSheets(folder), /names no style sheet/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
