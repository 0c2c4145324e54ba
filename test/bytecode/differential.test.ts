import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { compileSource } from '../../src/core/bytecode/compile.js';
import { decodeModule } from '../../src/core/bytecode/decode-module.js';
import { opcodes } from '../../src/core/bytecode/opcodes.js';
import type { TaskTable } from '../../src/core/bytecode/task-table.js';
import { type VerifiedProgram, verifyProgram } from '../../src/core/bytecode/verify.js';
import { renderDiagnostics } from '../../src/core/language/diagnostics/render-diagnostic.js';
import { unitNames } from '../../src/core/language/units/units.js';
import { generatedModel, generatedTable, generatedValues } from '../support/generated-program.js';
import { formsOf, stylesOf, valuesOf } from '../support/language-coverage.js';
import { modelOfSource } from '../support/model-of-source.js';
import { seedsOf } from '../support/nightly.js';
import { binaryOperators } from '../support/program-model.js';
import { countedFor, effectsByRow } from '../support/program-run.js';
import { programText } from '../support/program-text.js';
import { declared, type Effect, interpret } from '../support/reference-interpreter.js';
import { seededRandom } from '../support/seeded-random.js';
import { testFleet } from '../support/test-fleet.js';

const seeds = seedsOf({ everyTime: 2_000, nightly: 100_000 });
const hour = 3_600_000;

describe('generated programs and tables', () => {
  it(
    'have the effects that the reference interpreter finds, at a cost within the bounds of the verifier',
    () => {
      expect(survey().compared).toBeGreaterThan(seeds.count * 0.9);
    },
    hour,
  );

  // The rest is about many cases together.
  it.skipIf(seeds.count < 2_000)(
    'leave out no form of the language and no instruction',
    () => {
      const { occurrences } = survey();
      const rare = expectedForms.filter((form) => (occurrences.get(form) ?? 0) < 5);
      expect(rare).toEqual([]);
    },
    hour,
  );

  it.skipIf(seeds.count < 2_000)(
    'show that the bounds are tight: tasks of many programs cost the least and the most that is said',
    () => {
      const { branching, leastReached, mostReached } = survey();
      expect(branching).toBeGreaterThan(seeds.count / 10);
      expect(leastReached).toBeGreaterThan(branching / 5);
      expect(mostReached).toBeGreaterThan(branching / 10);
    },
    hour,
  );
});

const rowCounts = [0, 1, 12, 1_023, 1_024, 1_025, 2_049];

const expectedForms = [
  ...Object.keys(opcodes).map((name) => `instruction ${name}`),
  ...binaryOperators.map((operator) => `operator ${operator}`),
  ...unitNames.map((unit) => `unit ${unit}`),
  ...[2, 3, 4, 5, 6, 7, 8].flatMap((count) => [`MIN of ${count}`, `MAX of ${count}`]),
  ...testFleet.fields.map(({ name }) => `field ${name}`),
  ...testFleet.actions.flatMap(({ name }) => ['loop', 'IF', 'ELSE'].map((around) => `${name} in ${around}`)),
  ...['first', 'between loops', 'in loop', 'in IF', 'in ELSE'].flatMap((where) => [
    `LET ${where}`,
    `LET of a condition ${where}`,
  ]),
  ...['no unit', 'ABS of 1', 'minus in front', 'NOT', 'name', 'text', 'LET of a name'],
  ...['names field text', 'names text field', 'names field field', 'names reference text'],
  ...['IF in loop', 'IF in IF', 'IF in ELSE', 'IF without ELSE', 'IF with ELSE'],
  ...['1 loops', '2 loops', '3 loops', '16 loops', 'WHERE', 'loop without WHERE', 'REPORT_METRICS_EVERY'],
  ...['parameter without a range', 'parameter with a range', 'calculated parameter'],
  ...['duration', 'bytes', 'bitrate', 'money', 'ratio', 'count'].map((unit) => `parameter of ${unit}`),
  ...['value left out', 'value at the lowest', 'value at the highest', 'value between', 'value of -0'],
  ...['byte order mark', 'CRLF', 'CR alone', 'LF alone', 'tab', 'comment', 'dollar before', 'dollar behind'],
  ...['exponent', 'exponent with a sign', 'underscores in a number', 'decimals', 'two signs'],
  ...['branch without braces', 'block after THEN', 'block after ELSE', 'empty block'],
  ...rowCounts.map((rows) => `${rows} rows`),
];

interface Survey {
  compared: number;
  readonly occurrences: Map<string, number>;
  /** Programs whose tasks do not all cost the same, and how many of them had a task at either bound. */
  branching: number;
  leastReached: number;
  mostReached: number;
}

let surveyed: Survey | undefined;

/** Compares every case once, however many tests look at what came of it. */
function survey(): Survey {
  if (surveyed !== undefined) return surveyed;
  const result: Survey = {
    compared: 0,
    occurrences: new Map(),
    branching: 0,
    leastReached: 0,
    mostReached: 0,
  };
  for (let seed = seeds.first; seed < seeds.first + seeds.count; seed += 1) compareCase(seed, result);
  surveyed = result;
  return result;
}

function compareCase(seed: number, result: Survey): void {
  const random = seededRandom(seed);
  const model = generatedModel(random);
  const source = programText(model, random);
  const how = `DREAMNET_SEED=${seed}\n${source}`;
  if (!isDeepStrictEqual(modelOfSource(source), model)) expect(modelOfSource(source), how).toEqual(model);
  const program = loaded(source, how);
  if (program === undefined) return;
  const rows = random.chance(0.95) ? 12 : random.pick(rowCounts);
  const table = generatedTable(random, rows);
  const values = generatedValues(random, program.manifest.parameters);
  const { parameters, reportIntervalMs } = program.manifest;
  expect({ parameters, reportIntervalMs }, how).toMatchObject(declared(model));
  const compiled = effectsByRow(program, table, values);
  const interpreted = interpret(model, testFleet, table, new Map(Object.entries(values)));
  if (!isDeepStrictEqual(compiled, interpreted)) expect(compiled, how).toEqual(interpreted);
  compareCost(program, { table, values, how, effects: compiled }, result);
  result.compared += 1;
  const forms = [
    ...formsOf(model),
    ...stylesOf(source),
    ...valuesOf(parameters, values),
    ...parameters.map(({ unit }) => `parameter of ${unit}`),
    ...decodeModule(program.bytes).instructions.map(({ name }) => `instruction ${name}`),
    `${rows} rows`,
  ];
  for (const form of forms) result.occurrences.set(form, (result.occurrences.get(form) ?? 0) + 1);
}

/** Undefined for the few programs whose argument can never be what the action takes. */
function loaded(source: string, how: string): VerifiedProgram | undefined {
  const fileName = 'generated';
  const result = compileSource(source, { fileName, capabilities: testFleet });
  if (result.ok) {
    const verdict = verifyProgram(result.program.bytes);
    if (!verdict.ok) throw new Error(`${verdict.code} ${verdict.reason}\n${how}`);
    return verdict.program;
  }
  const errors = result.diagnostics.filter(({ severity, code }) => severity === 'error' && code !== 'DN024');
  if (errors.length === 0) return undefined;
  throw new Error(`${renderDiagnostics(errors, { source, fileName })}\n${how}`);
}

interface ComparedRun {
  readonly table: TaskTable;
  readonly values: Readonly<Record<string, number>>;
  readonly effects: readonly Effect[];
  readonly how: string;
}

const countedRows = 12;

/** Holds what the first tasks really cost against the bounds of the verifier. */
function compareCost(program: VerifiedProgram, run: ComparedRun, result: Survey): void {
  const { table, values, how, effects } = run;
  const rows = Math.min(table.rows, countedRows);
  const counted = countedFor(program, { table, values, rows });
  expect(counted.effects, how).toBe(effects.filter(({ row }) => row < rows).length);
  if (rows === 0) return;
  const { min, max } = program.costPerTask;
  const [least, most] = [Math.min(...counted.costPerRow), Math.max(...counted.costPerRow)];
  if (least < min || most > max) throw new Error(`${least} to ${most} is outside ${min} to ${max}\n${how}`);
  if (min === max) return;
  result.branching += 1;
  if (least === min) result.leastReached += 1;
  if (most === max) result.mostReached += 1;
}
