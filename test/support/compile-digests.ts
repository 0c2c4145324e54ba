/**
 * Run as a process of its own: compiles the files named and some generated programs, and prints their digests and what the
 * process believes about where it runs.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { compileSource } from '../../src/core/bytecode/compile.js';
import { digestOf } from '../../src/core/bytecode/digest.js';
import { checkSource } from '../../src/core/language/check-source.js';
import { renderDiagnostics } from '../../src/core/language/diagnostics/render-diagnostic.js';
import { generatedProgram } from './generated-program.js';
import { seededRandom } from './seeded-random.js';
import { testFleet } from './test-fleet.js';

const { locale, timeZone } = new Intl.DateTimeFormat().resolvedOptions();
const files = process.argv
  .slice(2)
  .map((file) => [path.basename(file), compiledDigest(readFileSync(file, 'utf8'))]);
const mistaken = compiledDigest(fixture('mistakes.dream').toLowerCase());
const generated = Array.from({ length: 50 }, (_, seed) =>
  compiledDigest(generatedProgram(seededRandom(seed))),
);
process.stdout.write(
  JSON.stringify({
    locale,
    timeZone,
    folder: process.cwd(),
    files: Object.fromEntries(files),
    generated,
    mistaken,
  }),
);

function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
}

/** Of the bytes, or of what is said about a source that does not compile. */
function compiledDigest(source: string): string {
  const options = [{}, { capabilities: testFleet }].map((fleet) => ({ fileName: 'digest.dream', ...fleet }));
  const results = options.map((one) => compileSource(source, one));
  const compiled = results.find((result) => result.ok);
  if (compiled?.ok === true) return digestOf(compiled.program.bytes);
  const checked = checkSource(source, { fileName: 'digest.dream' });
  const diagnostics = checked.ok ? [] : checked.diagnostics;
  return digestOf(Buffer.from(renderDiagnostics(diagnostics, { source, fileName: 'digest.dream' })));
}
