/**
 * A JSON text in, its tasks into a table builder: a list of tasks `[{ "cpu_time": 5, … }, …]`, the same under `tasks`, or
 * whole columns under `columns`: `{ "columns": { "cpu_time": [5, …], … } }`.
 */
import { describeMistake, readCell } from './cell.js';
import { type Column, readColumn } from './column.js';
import { JsonCursor, JsonMistake } from './json-cursor.js';
import { tableLimits, tooManyTasks } from './limits.js';
import type { TablePlace } from './problems.js';
import type { FormatContext } from './read-csv.js';
import type { GrowingColumn } from './table-builder.js';
import type { FoundColumns, IgnoredColumn } from './table-reading.js';
import { labelColumn } from './task-labels.js';

export function readJson(text: string, context: FormatContext): FoundColumns {
  const keys = new Map<string, JsonKey>();
  const [ignored, mistaken]: [IgnoredColumn[], string[]] = [[], []];
  try {
    const reader: Reader = { ...context, cursor: new JsonCursor(text), keys, ignored, mistaken };
    readDocument(reader);
    if (reader.cursor.kind !== 'end') throw reader.cursor.unexpected('the end of the file');
    return { ignored, mistaken, areAll: true };
  } catch (thrown) {
    if (!(thrown instanceof JsonMistake)) throw thrown;
    context.problems.add(thrown.place, thrown.message, thrown.hint);
    return { ignored, mistaken, areAll: false };
  }
}

interface Reader extends FormatContext {
  readonly cursor: JsonCursor;
  readonly keys: Map<string, JsonKey>;
  readonly ignored: IgnoredColumn[];
  readonly mistaken: string[];
}

type JsonKey = JsonColumn | 'label' | 'passed over';

interface JsonColumn {
  readonly column: Column;
  readonly into: GrowingColumn;
  /** The last row that has a value for it, so that a second one is noticed; -1: none yet. */
  lastRow: number;
}

function readDocument(reader: Reader): void {
  const { cursor } = reader;
  if (cursor.kind === '[') readTasks(reader);
  else readWrapper(reader);
}

function readWrapper(reader: Reader): void {
  const { cursor } = reader;
  if (cursor.kind !== '{') throw cursor.unexpected('a list of tasks, or an object with tasks or columns');
  const { place } = cursor;
  let held: string | undefined;
  let isTask = false;
  cursor.object((key, at) => {
    if (key === 'tasks' || key === 'columns') {
      if (held !== undefined) throw new JsonMistake(at, `found ${key} after ${held}; expected one of them`);
      held = key;
      return key === 'tasks' ? readTasks(reader) : readColumns(reader);
    }
    isTask ||= reader.options.fields.some((field) => field.name === key);
    cursor.skipValue();
  });
  if (held === undefined)
    throw new JsonMistake(
      place,
      'found an object without tasks or columns; expected one of them',
      isTask ? 'put tasks into a list: [{ … }]' : undefined,
    );
}

function readTasks(reader: Reader): void {
  const { cursor, builder, problems } = reader;
  cursor.list(() => {
    if (cursor.kind === 'end') throw cursor.unexpected('a task or ]');
    if (cursor.kind !== '{') {
      problems.add(cursor.place, `found ${cursor.describe()}; expected a task: an object`);
      return cursor.skipValue();
    }
    const row = builder.rows;
    if (row === tableLimits.rowsMax) throw new JsonMistake(cursor.place, tooManyTasks);
    builder.rows += 1;
    cursor.object((key, place) => {
      const known = reader.keys.get(key) ?? newKey(key, place, reader);
      if (known === 'passed over') return cursor.skipValue();
      if (known === 'label') return readLabel(row, reader);
      if (known.lastRow === row) problems.add(place, `the task has ${known.column.field.name} twice`);
      known.lastRow = row;
      readValue(row, known, reader);
    });
  });
}

function readColumns(reader: Reader): void {
  const { cursor, builder, problems } = reader;
  let first: { readonly name: string; readonly rows: number } | undefined;
  cursor.object((key, place) => {
    const known = reader.keys.get(key) ?? newKey(key, place, reader);
    if (known === 'passed over') return cursor.skipValue();
    let rows = 0;
    if (known === 'label') return cursor.list(() => readLabel(rows++, reader));
    const { name } = known.column.field;
    if (known.lastRow >= 0) problems.add(place, `the column ${name} is there twice`);
    cursor.list(() => {
      if (rows === tableLimits.rowsMax) throw new JsonMistake(cursor.place, tooManyTasks);
      readValue(rows++, known, reader);
    });
    known.lastRow = rows;
    first ??= { name, rows };
    if (rows !== first.rows)
      problems.add(place, `the column ${name} has ${rows} values, ${first.name} has ${first.rows}`);
    builder.rows = first.rows;
  });
}

function newKey(key: string, place: TablePlace, reader: Reader): JsonKey {
  const reading = readColumn(key, reader.options.fields);
  const made = madeOf(reading, place, reader);
  reader.keys.set(key, made);
  return made;
}

function madeOf(
  reading: ReturnType<typeof readColumn>,
  place: TablePlace,
  { builder, labels, problems, ignored, mistaken }: Reader,
): JsonKey {
  switch (reading.kind) {
    case 'ignored':
      if (reading.name === labelColumn) {
        labels.begin();
        return 'label';
      }
      ignored.push({ name: reading.name, near: reading.near });
      return 'passed over';
    case 'problem':
      mistaken.push(reading.field);
      problems.add(place, reading.message, reading.hint);
      return 'passed over';
    case 'column': {
      const { name } = reading.column.field;
      // Another spelling of the same field, such as with a unit.
      if (builder.has(name)) problems.add(place, `the column ${name} is there twice`);
      return { column: reading.column, into: builder.column(name), lastRow: -1 };
    }
    default:
      return reading satisfies never;
  }
}

/** What is neither a text nor a number labels nothing. */
function readLabel(row: number, { cursor, labels }: Reader): void {
  if (row < tableLimits.rowsMax && (cursor.kind === 'text' || cursor.kind === 'number'))
    labels.set(row, cursor.value);
  cursor.skipValue();
}

function readValue(row: number, { column, into }: JsonColumn, { cursor, problems }: Reader): void {
  const { kind, value } = cursor;
  const isNull = kind === 'word' && value === 'null';
  if (isNull || kind === 'text' || kind === 'number') {
    const cell = isNull ? Number.NaN : readCell(value, column);
    if (typeof cell === 'number') into.set(row, cell);
    else problems.add(cursor.place, describeMistake(column.field, cell), cell.hint);
    cursor.next();
    return;
  }
  const isValue = kind === '[' || kind === '{' || value === 'true' || value === 'false';
  if (!isValue) throw cursor.unexpected(`a value for ${column.field.name}`);
  problems.add(cursor.place, `${column.field.name}: found ${cursor.describe()}; expected a number or a text`);
  cursor.skipValue();
}
