/**
 * A verified program in, something that runs it over task tables out. A program is pure, so one instance serves every
 * agent of a process; a run must end before the next one begins.
 */
import { type EngineInstance, engine } from './engine.js';
import { bytecodeLimits } from './limits.js';
import type { ManifestParameter } from './manifest.js';
import { ProgramError } from './program-error.js';
import type { TaskTable } from './task-table.js';
import type { VerifiedProgram } from './verify.js';

/** Called once per effect, in row order within a loop; `row` is the table's row. */
export type VisitEffect = (action: number, row: number, argument: number) => void;

/**
 * The effects of one chunk where the program left them; valid until the callback returns. Effect `i` has its action in
 * `words[4 * i]`, its row, counted from `firstRow`, in `words[4 * i + 1]` and its argument in `numbers[2 * i + 1]`.
 */
export interface EffectBatch {
  readonly count: number;
  readonly firstRow: number;
  readonly words: Uint32Array;
  readonly numbers: Float64Array;
}

export interface RunCount {
  readonly rows: number;
  readonly effects: number;
}

type ParameterValues = Readonly<Record<string, number>>;

export interface ProgramInstance {
  readonly program: VerifiedProgram;
  /**
   * Runs the program over every row. Omitted parameters take their defaults.
   * Throws `ProgramError` (DN130 to DN133) before anything is run when parameters or columns do not fit.
   */
  run(table: TaskTable, parameters: ParameterValues, visit: VisitEffect): RunCount;
  /** The same without a call per effect, for those who count over many tasks. */
  runBatches(table: TaskTable, parameters: ParameterValues, visit: (batch: EffectBatch) => void): RunCount;
}

/** Compiles for the engine at hand; a verified program always can be. */
export function instantiateProgram(program: VerifiedProgram): ProgramInstance {
  const instance = new engine.Instance(new engine.Module(program.bytes));
  const { run } = instance.exports;
  const views = memoryViews(program, instance);
  const runBatches: ProgramInstance['runBatches'] = (table, parameters, visit) => {
    const columns = columnsOf(program, table);
    setParameters(program.manifest.parameters, parameters, views.parameters);
    let effects = 0;
    for (let firstRow = 0; firstRow < table.rows; firstRow += bytecodeLimits.chunkRows) {
      const rows = Math.min(bytecodeLimits.chunkRows, table.rows - firstRow);
      fillColumns(views, columns, firstRow, rows);
      const count = run(rows);
      visit({ count, firstRow, words: views.words, numbers: views.numbers });
      effects += count;
    }
    return { rows: table.rows, effects };
  };
  return {
    program,
    runBatches,
    run: (table, parameters, visit) => runBatches(table, parameters, (batch) => visitEffects(batch, visit)),
  };
}

interface MemoryViews {
  readonly parameters: Float64Array;
  readonly columns: readonly Float64Array[];
  /** The effect area twice: words and numbers of the same records. */
  readonly words: Uint32Array;
  readonly numbers: Float64Array;
}

function memoryViews({ layout }: VerifiedProgram, instance: EngineInstance): MemoryViews {
  const { buffer } = instance.exports.memory;
  const { parameters, columns, columnsAt, columnBytes, effectsAt } = layout;
  return {
    parameters: new Float64Array(buffer, 0, parameters),
    columns: Array.from(
      { length: columns },
      (_, index) => new Float64Array(buffer, columnsAt + index * columnBytes, bytecodeLimits.chunkRows),
    ),
    words: new Uint32Array(buffer, effectsAt),
    numbers: new Float64Array(buffer, effectsAt),
  };
}

function columnsOf({ manifest }: VerifiedProgram, { rows, columns }: TaskTable): Float64Array[] {
  if (!Number.isSafeInteger(rows) || rows < 0) {
    throw new ProgramError('DN133', `a table cannot have ${rows} rows`, 'give a whole number of rows');
  }
  return manifest.fields.map(({ name }) => {
    const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
    if (column === undefined) {
      const known = Object.keys(columns).join(', ') || 'none';
      throw new ProgramError('DN132', `the table has no column ${name}`, `its columns are: ${known}`);
    }
    if (column.length >= rows) return column;
    const message = `the column ${name} has ${column.length} values for ${rows} rows`;
    throw new ProgramError('DN133', message, 'give every column a value for every row');
  });
}

function setParameters(
  known: readonly ManifestParameter[],
  given: ParameterValues,
  into: Float64Array,
): void {
  for (const name of Object.keys(given)) {
    if (known.some((parameter) => parameter.name === name)) continue;
    const names = known.map((parameter) => parameter.name).join(', ') || 'none';
    throw new ProgramError('DN130', `the program has no parameter ${name}`, `its parameters are: ${names}`);
  }
  const values = known.map((parameter) => parameterValue(parameter, given));
  into.set(values);
}

function parameterValue(parameter: ManifestParameter, given: ParameterValues): number {
  const { name, min, max, unit } = parameter;
  const value = Object.hasOwn(given, name) ? given[name] : parameter.default;
  if (typeof value === 'number' && value >= min && value <= max) return value;
  const hint =
    min === max ? `it has no range, so it stays ${min}` : `give ${unit} in its base unit, ${min} to ${max}`;
  throw new ProgramError('DN131', `the parameter ${name} cannot be ${value}`, hint);
}

function fillColumns(
  views: MemoryViews,
  columns: readonly Float64Array[],
  firstRow: number,
  rows: number,
): void {
  for (let index = 0; index < columns.length; index += 1) {
    const column = columns[index] as Float64Array;
    const isWhole = firstRow === 0 && rows === column.length;
    (views.columns[index] as Float64Array).set(isWhole ? column : column.subarray(firstRow, firstRow + rows));
  }
}

function visitEffects({ count, firstRow, words, numbers }: EffectBatch, visit: VisitEffect): void {
  for (let index = 0; index < count; index += 1) {
    visit(
      words[index * 4] as number,
      firstRow + (words[index * 4 + 1] as number),
      numbers[index * 2 + 1] as number,
    );
  }
}
