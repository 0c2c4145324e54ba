import { describe, expect, it } from 'vitest';
import { type CompiledProgram, compileSource } from '../../src/core/bytecode/compile.js';
import { decodeModule } from '../../src/core/bytecode/decode-module.js';
import { checkSource } from '../../src/core/language/check-source.js';
import type { Diagnostic } from '../../src/core/language/diagnostics/diagnostics.js';
import { fixSource } from '../../src/core/language/fix-source.js';
import { generatedProgram } from '../support/generated-program.js';
import { doubtfulMistakes, mendedMistakes, type NewcomerMistake } from '../support/newcomer-mistakes.js';
import { seedsOf } from '../support/nightly.js';
import { seededRandom } from '../support/seeded-random.js';
import { testFleet } from '../support/test-fleet.js';

const options = { fileName: 'fixed.dream', capabilities: testFleet };
/** For each mistake. */
const seeds = seedsOf({ everyTime: 60, nightly: 5_000 });
const hour = 3_600_000;

describe('a program with one thing written as in another language', () => {
  it.each(Object.entries(mendedMistakes))(
    'means the same once it is fixed, or is left with an error: %s',
    (_, mistake) => {
      const { mended } = outcomesOf(mistake);
      if (seeds.count >= 60) expect(mended).toBeGreaterThan(0);
    },
    hour,
  );

  it.each(Object.entries(doubtfulMistakes))(
    'means the same once it is fixed, or is left with an error, when it could mean something else: %s',
    (_, mistake) => {
      const { left } = outcomesOf(mistake);
      if (seeds.count >= 60) expect(left).toBeGreaterThan(0);
    },
    hour,
  );
});

function outcomesOf(mistake: NewcomerMistake): { mended: number; left: number } {
  const outcomes = { mended: 0, left: 0 };
  for (let seed = seeds.first; seed < seeds.first + seeds.count; seed += 1) {
    const random = seededRandom(seed);
    const source = generatedProgram(random);
    const mistaken = mistake(source, random);
    if (mistaken === undefined || diagnosticsOf(mistaken).every(isWarning)) continue;
    const { source: text } = fixSource(mistaken, diagnosticsOf);
    if (!diagnosticsOf(text).every(isWarning)) outcomes.left += 1;
    else {
      expect(meaningOf(text), `DREAMNET_SEED=${seed}\n${mistaken}\n---\n${text}`).toEqual(meaningOf(source));
      outcomes.mended += 1;
    }
  }
  return outcomes;
}

function diagnosticsOf(source: string): readonly Diagnostic[] {
  const result = checkSource(source, options);
  return result.ok ? result.warnings : result.diagnostics;
}

function isWarning({ severity }: Diagnostic): boolean {
  return severity === 'warning';
}

/** What is run, and with which parameters; not where it stands in the source. */
function meaningOf(source: string) {
  const result = compileSource(source, options);
  if (!result.ok) throw new Error(`it does not compile:\n${source}`);
  const { bytes, manifest }: CompiledProgram = result.program;
  const { parameters, reportIntervalMs } = manifest;
  const instructions = decodeModule(bytes).instructions.map(({ name, immediate }) => `${name} ${immediate}`);
  return { parameters, reportIntervalMs, instructions };
}
