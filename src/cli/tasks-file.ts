/** Paths of task tables as typed in, or `-`; one table out, or an error with every mistake and its place. Saves one, too. */
import { existsSync, realpathSync, writeFileSync } from 'node:fs';
import type { TaskTable } from '../core/bytecode/task-table.js';
import { DreamnetError, messageOf } from '../core/errors.js';
import type { TableField } from '../core/governor/tables/column.js';
import { joinTables } from '../core/governor/tables/join-tables.js';
import { tableLimits, tooManyTasks } from '../core/governor/tables/limits.js';
import { formatOf, readTable, type TableFormat } from '../core/governor/tables/read-table.js';
import type { IgnoredColumn, TableOptions, TableReading } from '../core/governor/tables/table-reading.js';
import { writeTable } from '../core/governor/tables/write-table.js';
import { formatCount } from './format.js';
import { readInput } from './input-file.js';

export interface GivenTable {
  readonly table: TaskTable;
  /** What was left out, in words. */
  readonly notes: readonly string[];
}

/** Tables one after the other. Throws DN951 for what cannot be read as a table. */
export function readTaskFiles(paths: readonly string[], options: TableOptions): GivenTable {
  const read = paths.map((path) => readTaskFile(path, options));
  const table = joinTables(read.map((one) => one.table));
  if (table.rows <= tableLimits.rowsMax) return { table, notes: read.flatMap((one) => one.notes) };
  throw new DreamnetError({
    code: 'DN951',
    kind: 'bad-input',
    message: `In all ${formatCount(paths.length, 'table')} ${tooManyTasks}.`,
    hint: 'Give fewer of them.',
  });
}

function readTaskFile(path: string, options: TableOptions): GivenTable {
  const { name, bytes } = readInput(path, { what: 'a task table', bytesMax: tableLimits.bytesMax });
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const reading = readTable(buffer, extensionOf(path) ?? formatOf(buffer), options);
  if (!reading.ok) throw unreadable(name, reading);
  return {
    table: reading.table,
    notes: reading.ignored.length === 0 ? [] : [ignoredText(name, reading.ignored)],
  };
}

function ignoredText(name: string, ignored: readonly IgnoredColumn[]): string {
  const shown = ignored.slice(0, ignoredShownMax).map(({ name: column, near }) => {
    const text = column === '' ? '""' : column.slice(0, 40);
    return near === undefined ? text : `${text} (is ${near} meant?)`;
  });
  const list = shown.join(', ') + (ignored.length > shown.length ? ', …' : '');
  if (ignored.length === 1) return `${name}: column ${list} is no task field and was left out.`;
  return `${name}: ${formatCount(ignored.length, 'column')} are no task fields and were left out: ${list}.`;
}

const ignoredShownMax = 8;

function unreadable(name: string, { problems, count }: TableReading & { readonly ok: false }): DreamnetError {
  const lines = problems.map(
    ({ line, column, message, hint }) =>
      `  ${name}:${line}:${column}: ${message}${hint === undefined ? '' : `; ${hint}`}`,
  );
  const more = count - problems.length;
  if (more > 0) lines.push(`  and ${more.toLocaleString('en-US')} more`);
  return new DreamnetError({
    code: 'DN951',
    kind: 'bad-input',
    message: `${name} is no task table: ${formatCount(count, 'mistake')}.\n${lines.join('\n')}`,
    hint: 'The format is explained under "Task tables" in docs/operating.md.',
  });
}

/** Throws DN952 for a place that no table should be written to. */
export function checkSavePath(path: string, inputs: readonly string[]): void {
  if (extensionOf(path) === undefined)
    throw cannotSave(
      path,
      'bad-input',
      'its name ends neither in .csv nor in .json',
      'The ending says the format.',
    );
  const isInput =
    existsSync(path) &&
    inputs.some((input) => existsSync(input) && realpathSync(input) === realpathSync(path));
  if (isInput) throw cannotSave(path, 'bad-input', 'it is one of the inputs', 'Choose another place.');
}

/** As it was used: it reads back as the same table. Throws DN952. */
export function saveTasks(path: string, table: TaskTable, fields: readonly TableField[]): void {
  try {
    writeFileSync(path, writeTable(table, extensionOf(path) ?? 'json', fields));
  } catch (cause) {
    throw cannotSave(path, 'failed', `${messageOf(cause)}`, 'Choose another place with --save.');
  }
}

function extensionOf(path: string): TableFormat | undefined {
  const ending = /\.(csv|json)$/i.exec(path)?.[1]?.toLowerCase();
  return ending === 'csv' || ending === 'json' ? ending : undefined;
}

function cannotSave(path: string, kind: 'bad-input' | 'failed', why: string, hint: string): DreamnetError {
  return new DreamnetError({
    code: 'DN952',
    kind,
    message: `No table can be saved to ${path}: ${why}.`,
    hint,
  });
}
