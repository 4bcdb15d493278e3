// The size of the built page as the server sends it, in brotli. Fails where the wasm module is above its budget.
//   node tools/page-size.mjs DIST BUDGET_BYTES

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const [dist, budget] = [process.argv[2], Number(process.argv[3])];
const sizes = readdirSync(dist)
  .filter((name) => name.endsWith('.br'))
  .map((name) => [name, statSync(join(dist, name)).size]);
for (const [name, size] of sizes) console.log(`${String(size).padStart(8)} B  ${name}`);

const wasm = sizes.filter(([name]) => name.endsWith('.wasm.br')).reduce((sum, [, size]) => sum + size, 0);
console.log(`wasm: ${wasm} B of ${budget} B`);
process.exitCode = wasm > 0 && wasm <= budget ? 0 : 1;
