/** A value that should be one of a few words in; it is reported, with the nearest of them, when it is another. */
import { nearestWord, wordList } from '../suggest.js';
import { quantityOfUnit } from '../units/units.js';
import { isText } from './check-text.js';
import type { FileContext } from './file-context.js';
import type { JsonNode } from './json-source.js';
import type { ChoiceShape } from './shape.js';

export function checkChoice(
  node: JsonNode,
  { choices, sort }: ChoiceShape,
  place: string,
  context: FileContext,
): void {
  if (!isText(node, place, context, wordList(choices)) || choices.includes(node.value)) return;
  const word = String(node.value);
  const spoken: string | undefined = quantityOfUnit(word) ?? spokenChoices[word.toLowerCase()];
  const near = spoken !== undefined && choices.includes(spoken) ? spoken : nearestWord(word, choices);
  context.report(node, {
    code: 'DN059',
    message: `${context.textOf(node)} is no ${sort}`,
    expected: wordList(choices),
    hint: near === undefined ? undefined : `did you mean "${near}"?`,
    suggestion:
      near === undefined
        ? undefined
        : { span: context.spanOf(node), replacement: `"${near}"`, certain: false },
  });
}

/** What people write for units, and for doses. */
const spokenChoices: Readonly<Record<string, string>> = {
  time: 'duration',
  seconds: 'duration',
  milliseconds: 'duration',
  byte: 'bytes',
  size: 'bytes',
  bits: 'bitrate',
  bandwidth: 'bitrate',
  dollars: 'money',
  usd: 'money',
  currency: 'money',
  percent: 'ratio',
  percentage: 'ratio',
  fraction: 'ratio',
  share: 'ratio',
  number: 'count',
  integer: 'count',
  int: 'count',
  float: 'count',
  string: 'name',
  text: 'name',
  enum: 'name',
  reduce: 'reduction',
  decrease: 'reduction',
};
