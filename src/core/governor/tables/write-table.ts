/** A task table in, its text as CSV or JSON out, which reads back as the same table bit for bit. */
import type { TaskTable } from '../../bytecode/task-table.js';
import type { TableField } from './column.js';
import type { TableFormat } from './read-table.js';

/** Columns of these fields; numbers in base units, names for fields of unit `name`. */
export function writeTable(table: TaskTable, format: TableFormat, fields: readonly TableField[]): string {
  const columns = fields.flatMap(({ name, unit, names = [] }): WrittenColumn[] => {
    const values = table.columns[name];
    return values === undefined ? [] : [{ name, values, names: unit === 'name' ? names : undefined }];
  });
  return format === 'csv' ? asCsv(table.rows, columns) : asJson(table.rows, columns);
}

interface WrittenColumn {
  readonly name: string;
  readonly values: Float64Array;
  readonly names: readonly string[] | undefined;
}

function asCsv(rows: number, columns: readonly WrittenColumn[]): string {
  const lines = [columns.map(({ name }) => name).join(',')];
  for (let row = 0; row < rows; row++) {
    const cells = columns.map((column) => {
      const text = cellText(column, row);
      return typeof text === 'string' && /[",\r\n]|^\s|\s$/.test(text)
        ? `"${text.replaceAll('"', '""')}"`
        : text;
    });
    // A row of one empty cell would be an empty line, which is none.
    lines.push(cells.length === 1 ? (cells[0] ?? '""') : cells.map((cell) => cell ?? '').join(','));
  }
  return `${lines.join('\n')}\n`;
}

function asJson(rows: number, columns: readonly WrittenColumn[]): string {
  const lines = columns.map((column) => {
    const values = Array.from({ length: rows }, (_, row) => {
      const text = cellText(column, row);
      if (text === undefined) return 'null';
      return /^-?\d/.test(text) && column.names === undefined ? text : JSON.stringify(text);
    });
    return `    ${JSON.stringify(column.name)}: [${values.join(', ')}]`;
  });
  return `{\n  "columns": {\n${lines.join(',\n')}\n  }\n}\n`;
}

/** Undefined: not measured, or the number of no name. */
function cellText({ values, names }: WrittenColumn, row: number): string | undefined {
  const value = values[row] ?? Number.NaN;
  if (names !== undefined) return names[value];
  if (Number.isNaN(value)) return undefined;
  return Object.is(value, -0) ? '-0' : String(value);
}
