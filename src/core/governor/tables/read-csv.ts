/**
 * A CSV text (RFC 4180, with a header row) in, its tasks into a table builder. Rows are taken as csv-parse finds them;
 * the place of a mistake is looked for only when there is one.
 */
import { CsvError, parse } from 'csv-parse/sync';
import { describeMistake, readCell } from './cell.js';
import { type Column, readColumn } from './column.js';
import { tableLimits, tooManyTasks } from './limits.js';
import { placeOf, type TablePlace, type TableProblems } from './problems.js';
import { RecordStarts } from './record-starts.js';
import type { GrowingColumn, TableBuilder } from './table-builder.js';
import type { FoundColumns, IgnoredColumn, TableOptions } from './table-reading.js';
import { labelColumn, type TaskLabels } from './task-labels.js';

export interface FormatContext {
  readonly options: Pick<TableOptions, 'fields'>;
  readonly builder: TableBuilder;
  readonly labels: TaskLabels;
  readonly problems: TableProblems;
}

export interface CsvReading extends FoundColumns {
  readonly lineOf: (row: number) => number;
}

export function readCsv(bytes: Buffer, context: FormatContext): CsvReading {
  const starts = new RecordStarts(bytes);
  const reader: Reader = {
    ...context,
    bytes,
    starts,
    header: undefined,
    ignored: [],
    mistaken: [],
    recordStart: 0,
  };
  try {
    parse(bytes, {
      bom: true,
      trim: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      skip_empty_lines: true,
      relax_column_count: true,
      max_record_size: tableLimits.recordCharactersMax,
      // One more than are allowed, so that too many are noticed, and the header.
      to: tableLimits.rowsMax + 2,
      on_record: (record: string[], { bytes: end }) => {
        if (reader.header === undefined) reader.header = readHeader(record, reader);
        else readRow(record, reader.header, reader);
        reader.recordStart = end;
        return null;
      },
    });
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown;
    addSyntaxProblem(thrown, reader);
  }
  const { ignored, mistaken, header } = reader;
  return { ignored, mistaken, areAll: header !== undefined, lineOf: (row) => starts.lineOf(row) };
}

interface Reader extends FormatContext {
  readonly bytes: Buffer;
  header: Header | undefined;
  readonly ignored: IgnoredColumn[];
  readonly mistaken: string[];
  readonly starts: RecordStarts;
  /** In bytes: where the record that is being read begins. */
  recordStart: number;
}

interface Header {
  readonly cells: number;
  readonly columns: readonly HeaderColumn[];
  /** Where the ids of tasks stand. */
  readonly labelAt: number | undefined;
}

interface HeaderColumn {
  readonly at: number;
  readonly column: Column;
  readonly into: GrowingColumn;
}

function readHeader(cells: readonly string[], reader: Reader): Header {
  const { options, builder, labels, problems, ignored, mistaken } = reader;
  let labelAt: number | undefined;
  const columns = cells.flatMap((cell, at): HeaderColumn[] => {
    const reading = readColumn(cell, options.fields);
    if (reading.kind === 'problem') {
      mistaken.push(reading.field);
      problems.add(() => cellPlace(reader, at), reading.message, reading.hint);
    }
    if (reading.kind === 'ignored' && reading.name === labelColumn && labelAt === undefined) labelAt = at;
    else if (reading.kind === 'ignored') ignored.push({ name: reading.name, near: reading.near });
    if (reading.kind !== 'column') return [];
    const { name } = reading.column.field;
    if (builder.has(name)) problems.add(() => cellPlace(reader, at), `the column ${name} is there twice`);
    return [{ at, column: reading.column, into: builder.column(name) }];
  });
  if (labelAt !== undefined) labels.begin();
  return { cells: cells.length, columns, labelAt };
}

function readRow(cells: readonly string[], header: Header, reader: Reader): void {
  const { builder, labels, problems, starts, recordStart } = reader;
  if (cells.length !== header.cells) {
    const found = `this row has ${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}`;
    const at = Math.min(cells.length - 1, header.cells);
    problems.add(() => cellPlace(reader, at), `${found}, the header ${header.cells}`);
    return;
  }
  const row = builder.rows;
  if (row === tableLimits.rowsMax) {
    problems.add(() => cellPlace(reader, 0), tooManyTasks);
    return;
  }
  builder.rows += 1;
  starts.add(recordStart);
  if (header.labelAt !== undefined) labels.set(row, cells[header.labelAt] ?? '');
  for (const { at, column, into } of header.columns) {
    const value = readCell(cells[at] ?? '', column);
    if (typeof value === 'number') into.set(row, value);
    else problems.add(() => cellPlace(reader, at), describeMistake(column.field, value), value.hint);
  }
}

/** Where a cell of the current record begins. */
function cellPlace({ bytes, recordStart }: Reader, cell: number): TablePlace {
  const before = bytes.toString('utf8', 0, recordStart);
  // A character has at most four bytes.
  const text =
    before + bytes.toString('utf8', recordStart, recordStart + 4 * tableLimits.recordCharactersMax);
  let at = before.length;
  const skip = (pattern: RegExp) => {
    pattern.lastIndex = at;
    at += pattern.exec(text)?.[0].length ?? 0;
  };
  skip(/[\uFEFF\r\n]*/y);
  for (let passed = 0; passed < cell; passed++) skip(/[^\S\r\n]*(?:"(?:[^"]|"")*"?)?[^,\r\n]*,?/y);
  skip(/[^\S\r\n]*/y);
  return withoutMark(text, placeOf(text, at));
}

/** Nobody sees a byte order mark, so it counts as no column. */
function withoutMark(text: string, { line, column }: TablePlace): TablePlace {
  return { line, column: line === 1 && text.startsWith('\uFEFF') ? Math.max(1, column - 1) : column };
}

/** What csv-parse stops at, in our words. */
function addSyntaxProblem(error: CsvError, reader: Reader): void {
  const cell = typeof error.column === 'number' ? error.column : 0;
  const [message, hint] = syntaxProblems[error.code] ?? [`this is no CSV: ${error.message}`, undefined];
  reader.problems.add(() => cellPlace(reader, cell), message, hint);
}

const syntaxProblems: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  CSV_QUOTE_NOT_CLOSED: ['this cell has no closing quote', 'is the file complete?'],
  INVALID_OPENING_QUOTE: [
    'there is a quote within this cell',
    'put the whole cell in quotes, and write a quote in it twice',
  ],
  CSV_INVALID_CLOSING_QUOTE: [
    'something follows the closing quote of this cell',
    'put the whole cell in quotes, and write a quote in it twice',
  ],
  CSV_MAX_RECORD_SIZE: [
    `this row is longer than ${tableLimits.recordCharactersMax} characters`,
    'is a quote left open?',
  ],
};
