/** The list of fields in; names given twice, and names that do not go with the unit, are reported. */
import { reportRepeated } from './check-repeated.js';
import type { FileContext } from './file-context.js';
import { items, type JsonNode, member } from './json-source.js';

export function checkFields(fields: readonly JsonNode[], context: FileContext): void {
  reportRepeated(
    fields.map((field) => member(field, 'name')),
    'the field',
    context,
  );
  for (const field of fields) checkNames(field, context);
}

function checkNames(field: JsonNode, context: FileContext): void {
  const unit = context.sound(member(field, 'unit'));
  const names = member(field, 'names');
  reportRepeated(items(names), 'the name', context);
  if (unit?.value === 'name' && names === undefined) reportNoNames(field, unit, context);
  if (unit !== undefined && unit.value !== 'name' && names !== undefined) reportNames(unit, names, context);
}

function reportNoNames(field: JsonNode, unit: JsonNode, context: FileContext): void {
  const name = context.sound(member(field, 'name'));
  context.report(unit, {
    code: 'DN065',
    message: `${name === undefined ? 'this field' : `the field ${name.value}`} does not say which names it can have`,
    expected: '"names": ["…", "…"] beside it',
    hint: 'their order gives the numbers that agents send',
  });
}

function reportNames(unit: JsonNode, names: JsonNode, context: FileContext): void {
  context.report(names, {
    code: 'DN065',
    message: `only fields of the unit "name" have names`,
    related: [{ span: context.spanOf(unit), message: 'the unit is given here' }],
    hint: 'remove the names, or make the unit "name"',
  });
}
