// The size of the built page as the server sends it, in brotli. Fails where its modules are above their budgets: the first one, and all together.
//   node tools/page-size.mjs DIST [FIRST_BYTES [ALL_BYTES]]

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const [dist, firstMax = 280_000, allMax = 350_000] = process.argv.slice(2);
const sizes = readdirSync(dist)
  .filter((name) => name.endsWith('.br'))
  .map((name) => [name, statSync(join(dist, name)).size]);
for (const [name, size] of sizes) console.log(`${String(size).padStart(8)} B  ${name}`);

const sum = (suffix) => sizes.filter(([name]) => name.endsWith(suffix)).reduce((all, [, size]) => all + size, 0);
const [first, all] = [sum('_bg.wasm.br'), sum('.wasm.br')];
console.log(`wasm: ${first} B of ${firstMax} B before the page starts, ${all} B of ${allMax} B in all`);
process.exitCode = first > 0 && all > first && first <= Number(firstMax) && all <= Number(allMax) ? 0 : 1;
