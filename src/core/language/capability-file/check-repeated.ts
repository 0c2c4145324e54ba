/** Values that must differ in; each that was given before is reported, with the place of the first. */
import type { FileContext } from './file-context.js';
import type { JsonNode } from './json-source.js';

/** `sort` is what a value is called in messages: `the action`. What is missing or of another type is left out. */
export function reportRepeated(
  values: readonly (JsonNode | undefined)[],
  sort: string,
  context: FileContext,
): void {
  const first = new Map<unknown, JsonNode>();
  for (const node of values) {
    if (context.isFull) return;
    if (node === undefined || (node.type !== 'string' && node.type !== 'number')) continue;
    const before = first.get(node.value);
    if (before === undefined) first.set(node.value, node);
    else if (context.sound(node) !== undefined) report(node, before, sort, context);
  }
}

function report(node: JsonNode, before: JsonNode, sort: string, context: FileContext): void {
  context.report(node, {
    code: 'DN058',
    message: `${sort} ${String(node.value).slice(0, 64)} is given twice`,
    related: [{ span: context.spanOf(before), message: 'it is given here' }],
  });
}
