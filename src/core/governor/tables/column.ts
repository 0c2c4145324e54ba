/** What a table calls a column in, the field it holds and the unit of its plain numbers out: `memory`, `memory (MB)`. */
import type { FieldUnit } from '../../language/capabilities.js';
import { nearestWord, wordList } from '../../language/suggest.js';
import { describeUnit } from '../../language/units/quantity.js';
import { quantityOfUnit, unitNames } from '../../language/units/units.js';

/** A field as tables need it; `names` in the order of their numbers, for fields of unit `name`. */
export interface TableField {
  readonly name: string;
  readonly unit: FieldUnit;
  readonly names?: readonly string[];
}

export interface Column {
  readonly field: TableField;
  /** Of numbers without one; empty: the base unit. */
  readonly unit: string;
}

export type ColumnReading =
  | { readonly kind: 'column'; readonly column: Column }
  /** Of no field; `near` is the field whose name is nearest. */
  | { readonly kind: 'ignored'; readonly name: string; readonly near: string | undefined }
  | { readonly kind: 'problem'; readonly field: string; readonly message: string; readonly hint: string };

export function readColumn(header: string, fields: readonly TableField[]): ColumnReading {
  const [, before = '', unit] = /^([^()]*)(?:\(([^()]*)\))?$/.exec(header.trim()) ?? ['', header];
  const name = before.trim();
  const field = fields.find((one) => one.name === name);
  if (field === undefined) {
    const near = nearestWord(
      name,
      fields.map((one) => one.name),
    );
    return { kind: 'ignored', name: header.trim(), near };
  }
  if (unit === undefined) return { kind: 'column', column: { field, unit: '' } };
  return withUnit(field, unit.trim());
}

function withUnit(field: TableField, unit: string): ColumnReading {
  const quantity = quantityOfUnit(unit);
  if (quantity === field.unit) return { kind: 'column', column: { field, unit } };
  const fitting = unitNames.filter((name) => quantityOfUnit(name) === field.unit);
  const found = quantity === undefined ? 'no unit' : describeUnit(quantity);
  return {
    kind: 'problem',
    field: field.name,
    message: `the header gives ${field.name} in (${unit}), ${found}; expected ${describeUnit(field.unit)}`,
    hint: fitting.length === 0 ? 'leave the unit out' : `units that fit: ${wordList(fitting)}`,
  };
}
