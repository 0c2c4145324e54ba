/** What a service's `tasks` returned in, one way to read it out, whether it is rows or columns. */
import type { FieldCapability } from '../../language/capabilities.js';
import type { TaskColumns } from './options.js';
import { type AnyTask, shown, type TaskProblem } from './task-table.js';

export interface TaskReader {
  readonly length: number;
  id(place: number): unknown;
  /** Writes the values of one task into a row of the columns, or says which of them does not fit. */
  read(place: number, columns: readonly Float64Array[], row: number): TaskProblem | undefined;
  task(place: number): AnyTask;
}

/** Throws an error that says what was expected. */
export function sourceOf(given: unknown, fields: readonly FieldCapability[]): TaskReader {
  if (Array.isArray(given)) return readerOfRows(given, fields);
  const { ids, columns } = (given ?? {}) as Partial<TaskColumns<Record<string, 'count'>>>;
  if (!Array.isArray(ids) || typeof columns !== 'object' || columns === null)
    throw new TypeError(
      `tasks must return a list of rows, or { ids, columns }, and returned ${shown(given)}`,
    );
  for (const { name } of fields) {
    const length = columns[name]?.length;
    if (length !== undefined && length >= ids.length) continue;
    const what = length === undefined ? 'is missing' : `has ${length} values`;
    throw new TypeError(`the column ${name} ${what}, and there are ${ids.length} ids`);
  }
  return readerOfColumns({ ids, columns }, fields);
}

function readerOfRows(rows: readonly unknown[], fields: readonly FieldCapability[]): TaskReader {
  const names = fields.map(({ name }) => name);
  const numbers = fields.map((field) => field.names && numbersOf(field.names));
  return {
    length: rows.length,
    id: (place) => (rows[place] as AnyTask | null | undefined)?.id,
    read(place, columns, row) {
      const task = rows[place] as Readonly<Record<string, unknown>>;
      for (let field = 0; field < names.length; field++) {
        const given = task[names[field] as string];
        const byName = numbers[field];
        const value = byName === undefined ? given : byName.get(given as string);
        if (typeof value !== 'number') return problemOf(fields[field] as FieldCapability, given);
        (columns[field] as Float64Array)[row] = value;
      }
      return undefined;
    },
    task: (place) => rows[place] as AnyTask,
  };
}

function readerOfColumns(
  { ids, columns: given }: TaskColumns<Record<string, 'count'>>,
  fields: readonly FieldCapability[],
): TaskReader {
  const from = fields.map(({ name }) => given[name] as ArrayLike<number>);
  return {
    length: ids.length,
    id: (place) => ids[place],
    read(place, columns, row) {
      for (let field = 0; field < fields.length; field++) {
        const { names } = fields[field] as FieldCapability;
        const value = from[field]?.[place] as unknown;
        if (typeof value !== 'number' || (names !== undefined && names[value] === undefined))
          return problemOf(fields[field] as FieldCapability, value);
        (columns[field] as Float64Array)[row] = value;
      }
      return undefined;
    },
    task: (place) => {
      const values = fields.map(({ name, names }, field) => {
        const value = from[field]?.[place] as number;
        return [name, names === undefined ? value : names[value]];
      });
      return { id: ids[place], ...Object.fromEntries(values) } as AnyTask;
    },
  };
}

function numbersOf(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, number) => [name, number]));
}

function problemOf({ name, unit, names }: FieldCapability, value: unknown): TaskProblem {
  const wanted =
    names === undefined ? `a number (${unit}, NaN when not known)` : `one of ${names.join(', ')}`;
  const text = value === undefined ? `it has no ${name}` : `its ${name} is ${shown(value)}`;
  return { kind: name, text: `${text} instead of ${wanted}` };
}
