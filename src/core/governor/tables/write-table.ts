/** A task table in, its text as CSV or JSON out, which reads back as the same table bit for bit. */
import type { TaskTable } from '../../bytecode/task-table.js';
import type { TableField } from './column.js';
import type { TableFormat } from './read-table.js';
import { labelColumn } from './task-labels.js';

/** Columns of these fields; numbers in base units, names for fields of unit `name`. Ids of tasks come first. */
export function writeTable(
  table: TaskTable,
  format: TableFormat,
  {
    fields,
    labels,
  }: { readonly fields: readonly TableField[]; readonly labels?: readonly string[] | undefined },
): string {
  const ids: WrittenColumn[] = labels === undefined ? [] : [{ name: labelColumn, labels }];
  const columns = fields.flatMap(({ name, unit, names = [] }): WrittenColumn[] => {
    const values = table.columns[name];
    const known = unit === 'name' && names.length > 0 ? names : undefined;
    return values === undefined ? [] : [{ name, values, names: known }];
  });
  return format === 'csv'
    ? asCsv(table.rows, [...ids, ...columns])
    : asJson(table.rows, [...ids, ...columns]);
}

type WrittenColumn =
  | { readonly name: string; readonly labels: readonly string[] }
  | {
      readonly name: string;
      readonly values: Float64Array;
      readonly names: readonly string[] | undefined;
    };

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
      const isNumber = 'values' in column && column.names === undefined && /^-?\d/.test(text);
      return isNumber ? text : JSON.stringify(text);
    });
    return `    ${JSON.stringify(column.name)}: [${values.join(', ')}]`;
  });
  return `{\n  "columns": {\n${lines.join(',\n')}\n  }\n}\n`;
}

/** Undefined: not measured, the number of no name, or no id. */
function cellText(column: WrittenColumn, row: number): string | undefined {
  if ('labels' in column) return column.labels[row] || undefined;
  const { values, names } = column;
  const value = values[row] ?? Number.NaN;
  if (names !== undefined) return names[value];
  if (Number.isNaN(value)) return undefined;
  return Object.is(value, -0) ? '-0' : String(value);
}
