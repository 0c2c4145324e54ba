/**
 * One quantity as text, written as in programs (`1.2GB`, `250ms`, `-$0.5`, `20%`), and what it should be one of in; its
 * value in the base unit out, or what was found instead. For values outside programs: flags and cells of tables.
 */
import { DiagnosticList } from '../diagnostics/diagnostic-list.js';
import { lex } from '../syntax/lex.js';
import type { NumberToken, Token } from '../syntax/tokens.js';
import { describeUnit } from './quantity.js';
import { type QuantityName, quantityOfUnit, writtenInEverydayUnit } from './units.js';

export type QuantityReading =
  | { readonly ok: true; readonly value: number; readonly unit: string }
  | { readonly ok: false; readonly mistake: QuantityMistake };

export interface QuantityMistake {
  readonly found: string;
  readonly expected: string;
  readonly hint?: string;
}

/** Longer texts are no quantities, and are not quoted whole. */
const charactersMax = 64;

/** A number without a unit is read as it stands, whatever is wanted: what that means is the caller's to say. */
export function readQuantity(text: string, wanted: QuantityName): QuantityReading {
  const expected = describeUnit(wanted);
  if (text.length > charactersMax)
    return mistaken({ found: `a text of ${text.length} characters`, expected, hint: exampleOf(wanted) });
  const diagnostics = new DiagnosticList();
  const tokens = lex(text, diagnostics);
  const parts = numberOf(tokens, text);
  const [problem] = diagnostics.all();
  if (parts === undefined || (problem !== undefined && parts.number.unit !== '?'))
    return mistaken({ found: quoted(text), expected, hint: joined(tokens) ?? exampleOf(wanted) });
  const { number, negative } = parts;
  const quantity = quantityOfUnit(number.unit);
  if (number.unit === '?')
    return mistaken({
      found: `${quoted(text)}, and ${problem?.message ?? 'its unit is unknown'}`,
      expected,
      hint: problem?.hint ?? exampleOf(wanted),
    });
  if (quantity !== undefined && quantity !== wanted)
    return mistaken({
      found: `${quoted(text)}, ${describeUnit(quantity)}`,
      expected,
      hint: `write ${negative ? '-' : ''}${writtenInEverydayUnit(number.amount, wanted)} if that is what is meant`,
    });
  return { ok: true, value: negative ? -number.value : number.value, unit: number.unit };
}

/** How one of a quantity is written: `5MB`. */
export function exampleOf(quantity: QuantityName): string {
  return `write for example ${writtenInEverydayUnit('5', quantity)}`;
}

interface SignedNumber {
  readonly number: NumberToken;
  readonly negative: boolean;
}

/** A number and perhaps a minus before it, and nothing else, not even a comment. */
function numberOf(tokens: readonly Token[], text: string): SignedNumber | undefined {
  const negative = tokens[0]?.kind === 'symbol' && tokens[0].text === '-';
  const [number, end] = tokens.slice(negative ? 1 : 0);
  if (number?.kind !== 'number' || end?.kind !== 'end') return undefined;
  const { offset, length } = number.span;
  return offset + length === text.trimEnd().length ? { number, negative } : undefined;
}

/** `5 MB` is `5MB` with a space in it. */
function joined(tokens: readonly Token[]): string | undefined {
  const [number, unit, end] = tokens;
  const isSplit = number?.kind === 'number' && unit?.kind === 'name' && end?.kind === 'end';
  return isSplit && quantityOfUnit(unit.text) !== undefined ? `write ${number.text}${unit.text}` : undefined;
}

function quoted(text: string): string {
  return /^[\w.$%+-]+$/.test(text) ? text : JSON.stringify(text);
}

function mistaken(mistake: QuantityMistake): QuantityReading {
  return { ok: false, mistake };
}
