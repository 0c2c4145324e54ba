/** A number, or text such as "90%" as in programs, in; the value in base units out, or a report of what is wrong. */
import { DiagnosticList } from '../diagnostics/diagnostic-list.js';
import type { Diagnostic } from '../diagnostics/diagnostics.js';
import { lex } from '../syntax/lex.js';
import { type QuantityName, quantityOfUnit } from '../units/units.js';
import type { FileContext } from './file-context.js';
import type { JsonNode } from './json-source.js';

export interface Amount {
  /** In the base unit of its quantity. */
  readonly value: number;
  /** Undefined when it is written without a unit. */
  readonly quantity: QuantityName | undefined;
  /** The number as written, without unit. */
  readonly written: string;
}

/** Undefined for what is no single number with at most one unit. */
export function amountOf(text: string): Amount | undefined {
  const read = readAmount(text);
  return read.diagnostics.length === 0 ? read.amount : undefined;
}

/** Of a value that `checkAmount` said nothing about. */
export function amountAt(node: JsonNode): Amount | undefined {
  if (node.type === 'number') return { value: node.value, quantity: undefined, written: String(node.value) };
  return node.type === 'string' ? amountOf(node.value) : undefined;
}

export function checkAmount(node: JsonNode, place: string, context: FileContext): void {
  if (node.type === 'number' && Number.isFinite(node.value)) return;
  if (node.type === 'number')
    context.report(node, {
      code: 'DN060',
      message: `${place} is too large for a number`,
      found: context.textOf(node),
    });
  else if (node.type === 'string') checkAmountText(node, place, context);
  else
    context.report(node, {
      code: 'DN055',
      message: `${place} must be an amount`,
      found: foundIn(node, context),
      expected: example,
    });
}

const example = 'a number in base units such as 0.9, or text with a unit such as "90%"';

function checkAmountText(node: JsonNode, place: string, context: FileContext): void {
  const { amount, diagnostics } = readAmount(node.value);
  for (const diagnostic of diagnostics) reportInside(node, diagnostic, context);
  if (amount !== undefined || diagnostics.length > 0) return;
  context.report(node, {
    code: 'DN060',
    message: `${place} is no amount`,
    found: context.textOf(node),
    expected: example,
  });
}

/** By the grammar of programs, with what it has to say. */
function readAmount(text: string): { amount?: Amount; diagnostics: readonly Diagnostic[] } {
  if (text.length > amountCharactersMax || /[#\r\n\uFEFF]/.test(text)) return { diagnostics: [] };
  const list = new DiagnosticList();
  const tokens = lex(text, list).filter(({ kind }) => kind !== 'end');
  const sign = tokens[0]?.text === '-' ? -1 : 1;
  const [number, ...more] = sign === -1 ? tokens.slice(1) : tokens;
  if (number?.kind !== 'number' || more.length > 0) return { diagnostics: list.all().slice(0, 1) };
  const written = `${sign === -1 ? '-' : ''}${number.amount}`;
  const amount = { value: sign * number.value, quantity: quantityOfUnit(number.unit), written };
  return { amount, diagnostics: list.all().slice(0, 1) };
}

const amountCharactersMax = 64;

/** Points into the text, where nothing in it is escaped. */
function reportInside(node: JsonNode, diagnostic: Diagnostic, context: FileContext): void {
  const { code, message, found, expected, hint, span, suggestion } = diagnostic;
  const isPlain = context.text.slice(node.offset + 1, node.offset + node.length - 1) === node.value;
  const at = isPlain ? context.places.span(node.offset + 1 + span.offset, span.length) : context.spanOf(node);
  const edit = isPlain && suggestion !== undefined ? { ...suggestion, span: at } : undefined;
  context.report(node, { code, message, found, expected, hint, span: at, suggestion: edit });
}

function foundIn(node: JsonNode, context: FileContext): string {
  if (node.type === 'object') return 'an object';
  return node.type === 'array' ? 'a list' : context.textOf(node);
}
