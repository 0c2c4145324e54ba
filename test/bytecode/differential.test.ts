import { expect, it } from 'vitest';
import { compileSource } from '../../src/core/bytecode/compile.js';
import { instantiateProgram, type ProgramInstance } from '../../src/core/bytecode/instance.js';
import type { TaskTable } from '../../src/core/bytecode/task-table.js';
import { verifyProgram } from '../../src/core/bytecode/verify.js';
import { checkSource } from '../../src/core/language/check-source.js';
import { renderDiagnostics } from '../../src/core/language/render-diagnostic.js';
import { generatedProgram, generatedTable } from '../support/generated-program.js';
import { type Effect, interpret } from '../support/reference-interpreter.js';
import { seededRandom } from '../support/seeded-random.js';

const cases = Number(process.env.DREAMNET_DIFFERENTIAL_CASES ?? 2_000);
const firstSeed = Number(process.env.DREAMNET_SEED ?? 1);

it('gives the same effects as the reference interpreter for generated programs and tables', () => {
  let compared = 0;
  for (let seed = firstSeed; seed < firstSeed + cases; seed += 1) {
    const random = seededRandom(seed);
    const source = generatedProgram(random);
    const table = generatedTable(random, seed % 50 === 0 ? 1_500 : 12);
    const effects = bothWays(source, table, seed);
    if (effects === undefined) continue;
    compared += 1;
    const how = `DREAMNET_SEED=${seed} DREAMNET_DIFFERENTIAL_CASES=1\n${source}`;
    expect(effects.compiled, how).toEqual(effects.interpreted);
  }
  expect(compared).toBeGreaterThan(cases * 0.7);
}, 600_000);

/** Undefined for the few programs whose argument can never be what the action takes. */
function bothWays(source: string, table: TaskTable, seed: number) {
  const fileName = `seed-${seed}.dream`;
  const checked = checkSource(source, { fileName });
  if (!checked.ok) {
    const others = checked.diagnostics.filter(
      ({ severity, code }) => severity === 'error' && code !== 'DN024',
    );
    if (others.length === 0) return undefined;
    throw new Error(`${renderDiagnostics(others, { source, fileName })}\n${source}`);
  }
  const compiled: Effect[] = [];
  // A zero has no sign in an effect: adding 0 makes both the same.
  const visit = (action: number, row: number, argument: number) =>
    compiled.push({ action, row, argument: argument + 0 });
  const counted = loaded(source, seed).run(table, {}, visit);
  expect(counted).toEqual({ rows: table.rows, effects: compiled.length });
  const byRow = compiled.toSorted((one, other) => one.row - other.row);
  return { compiled: byRow, interpreted: interpret(checked.program, table, {}) };
}

function loaded(source: string, seed: number): ProgramInstance {
  const result = compileSource(source, { fileName: 'generated' });
  const verdict = result.ok ? verifyProgram(result.program.bytes) : undefined;
  if (!verdict?.ok) throw new Error(`seed ${seed}: ${verdict?.reason ?? 'does not compile'}\n${source}`);
  return instantiateProgram(verdict.program);
}
