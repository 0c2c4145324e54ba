/** `--set name=value` as typed in, the programs it is for, and each program's parameter values in base units out. */
import type { Manifest, ManifestParameter } from '../core/bytecode/manifest.js';
import { DreamnetError } from '../core/errors.js';
import { nearestWord, wordList } from '../core/language/suggest.js';
import { describeUnit } from '../core/language/units/quantity.js';
import { exampleOf, readQuantity } from '../core/language/units/read-quantity.js';
import { formatQuantity } from '../core/language/units/units.js';

export type ParameterValues = Readonly<Record<string, number>>;

/**
 * One set of values per program. A setting goes to every program that has the parameter; one that none has is refused,
 * as is what does not fit. Throws DN953.
 */
export function setParameters(settings: readonly string[], programs: readonly Manifest[]): ParameterValues[] {
  const texts = new Map<string, string>();
  for (const setting of settings) {
    const [, name, text] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/s.exec(setting) ?? [];
    if (name === undefined || text === undefined)
      throw refused(
        `"${setting.slice(0, 60)}" is no setting`,
        'Write --set name=value, for example --set cpu_cut=30%.',
      );
    if (texts.has(name)) throw refused(`${name} is set twice`, 'Set it once.');
    texts.set(name, text);
  }
  for (const name of texts.keys()) requireKnown(name, programs);
  return programs.map(({ parameters }) =>
    Object.fromEntries(
      parameters.flatMap((parameter) => {
        const text = texts.get(parameter.name);
        return text === undefined ? [] : [[parameter.name, parameterValue(parameter, text)] as const];
      }),
    ),
  );
}

function requireKnown(name: string, programs: readonly Manifest[]): void {
  const known = [...new Set(programs.flatMap(({ parameters }) => parameters.map((one) => one.name)))];
  if (known.includes(name)) return;
  const who = [...new Set(programs.map((manifest) => manifest.name))];
  const have = `${who.join(' and ')} ${who.length === 1 ? 'has' : 'have'}`;
  const shown = name.slice(0, 64);
  if (known.length === 0) throw refused(`${have} no parameters, so no ${shown}`, 'Leave --set out.');
  const near = nearestWord(name, known);
  const all = wordList(known).replace(/ or (?=\S+$)/, ' and ');
  throw refused(
    `${have} no parameter ${shown}`,
    near === undefined ? `There ${known.length === 1 ? 'is' : 'are'} ${all}.` : `Did you mean ${near}?`,
  );
}

function parameterValue({ name, unit, min, max }: ManifestParameter, text: string): number {
  const reading = readQuantity(text, unit);
  if (!reading.ok) {
    const { found, expected, hint = exampleOf(unit) } = reading.mistake;
    throw refused(`${name} is ${expected}, and found was ${found}`, `${capitalised(hint)}.`);
  }
  const needsUnit = unit !== 'count' && unit !== 'ratio';
  if (needsUnit && reading.unit === '')
    throw refused(
      `${name} is ${describeUnit(unit)}, and ${text} has no unit`,
      `${capitalised(exampleOf(unit))}, as in programs.`,
    );
  if (reading.value >= min && reading.value <= max) return reading.value;
  throw outside({ name, unit, min, max }, reading.value, text);
}

type Range = Pick<ManifestParameter, 'name' | 'unit' | 'min' | 'max'>;

function outside({ name, unit, min, max }: Range, value: number, text: string): DreamnetError {
  const [low, high, shown] = [min, max, value].map((one) => formatQuantity(one, unit));
  if (min === max)
    return refused(
      `${name} has no range, so it stays ${low}`,
      'Give it a range in the program: name = default IN lowest..highest.',
    );
  const meantPercent = unit === 'ratio' && !text.endsWith('%') && value / 100 >= min && value / 100 <= max;
  return refused(
    `${name} goes from ${low} to ${high}, and ${text} is ${text === shown ? 'outside' : shown}`,
    meantPercent ? `Did you mean ${text}%?` : 'Choose a value within its range.',
  );
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function refused(message: string, hint: string): DreamnetError {
  return new DreamnetError({ code: 'DN953', kind: 'bad-input', message: `--set: ${message}.`, hint });
}
