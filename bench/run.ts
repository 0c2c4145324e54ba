/**
 * `npm run bench -- NAME [--json]`: runs bench/NAME.ts and prints its claims; ends with 1 when one does not hold.
 */
import { readdirSync } from 'node:fs';
import { type Bench, claimsDocument, claimsText } from './support.js';

const NOT_BENCHES = new Set(['run', 'support']);

const words = process.argv.slice(2);
const json = words.includes('--json');
const name = words.find((word) => !word.startsWith('-'));
const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .filter((stem) => !NOT_BENCHES.has(stem))
  .sort();

if (name === undefined || !names.includes(name)) {
  process.stderr.write(`usage: npm run bench -- NAME [--json]\nNAME is one of: ${names.join(', ')}\n`);
  process.exitCode = 2;
} else {
  const { bench } = (await import(`./${name}.ts`)) as { bench: Bench };
  const claims = await bench({ note: (text) => process.stderr.write(`${text}\n`) });
  const document = claimsDocument(name, claims);
  process.stdout.write(`${json ? JSON.stringify(document, null, 2) : claimsText(document)}\n`);
  process.exitCode = document.claims.some(({ holds }) => holds === false) ? 1 : 0;
}
