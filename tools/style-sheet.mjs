// Makes the style sheets of a release build one, without comments and spaces: each file of its own costs a first visit a header and a round trip.
// The sheets stay apart where they are written and in a development build.

import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from 'lightningcss';

const LINK = /[ \t]*<link rel="stylesheet" href="\/([^"]+)"[^>]*>\n?/g;
/** What the server takes a hash in a name to be. */
const HASH_DIGITS = 16;

/** Replaces the sheets that `folder`'s index.html names by one, in their order and at the place of the first. */
export function joinStyleSheets(folder) {
  const page = join(folder, 'index.html');
  const html = readFileSync(page, 'utf8');
  const names = [...html.matchAll(LINK)].map(([, name]) => name);
  if (names.length === 0) throw new Error(`${page} names no style sheet`);
  const texts = names.map((name) => readFileSync(join(folder, name)));
  const { code, warnings } = transform({ filename: 'page.css', code: Buffer.concat(texts), minify: true });
  if (warnings.length > 0) throw new Error(`style sheets: ${warnings.map(({ message }) => message).join('; ')}`);
  const digest = (algorithm, encoding) => createHash(algorithm).update(code).digest(encoding);
  const joined = `page-${digest('sha256', 'hex').slice(0, HASH_DIGITS)}.css`;
  const link = `    <link rel="stylesheet" href="/${joined}" integrity="sha384-${digest('sha384', 'base64')}"/>\n`;
  let isFirst = true;
  const changed = html.replace(LINK, () => (isFirst ? ((isFirst = false), link) : ''));
  for (const name of names) rmSync(join(folder, name));
  writeFileSync(join(folder, joined), code);
  writeFileSync(page, changed);
  return joined;
}
