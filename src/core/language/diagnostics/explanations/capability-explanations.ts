/** Explanations of what is wrong with a capability file: DN050 to DN069. */
import { languageLimits } from '../../limits.js';
import type { CodeExplanation } from './explanation.js';

const file = `{
  "version": 1,
  "name": "print-shop",
  "fields": [
    { "name": "pages", "unit": "count" },
    { "name": "tray", "unit": "name", "names": ["A4", "A3"] }
  ],
  "actions": [
    {
      "name": "SLOW_DOWN",
      "code": 1,
      "risk": 0.4,
      "arguments": [
        { "name": "by", "unit": "ratio", "min": 0, "max": "90%", "dose": "reduction" }
      ],
      "effects": [{ "metric": "pages", "perUnit": 0.5, "uncertainty": 0.3 }]
    }
  ]
}
`;

/** The file with one piece replaced, and as it is. */
function mistake(meaning: string, right: string, wrong: string): CodeExplanation {
  return { meaning, wrong: file.replace(right, wrong), right: file };
}

export const capabilityExplanations = {
  DN050: {
    meaning:
      'The largest capability file that says something has a fraction of this size, so it is some other file. It is not read any further.',
    wrong: `${file}${' '.repeat(languageLimits.capabilityFileBytesMax)}`,
    right: file,
  },
  DN051: mistake(
    'A capability file is JSON, in which comments (`//`) and commas at the end of a list are allowed too. The place shown is where reading stopped.',
    '"version": 1,',
    '"version": 1',
  ),
  DN052: mistake(
    'The keys of a capability file are fixed. A key that nobody reads is a slip, and what it was to say would be missing without a word.',
    '"risk": 0.4,',
    '"risk": 0.4,\n      "owner": "night shift",',
  ),
  DN053: mistake(
    'Without this key the file does not say what an agent or the governor must know. docs/capabilities.md lists the keys, and which of them may be left out.',
    '"code": 1,\n      ',
    '',
  ),
  DN054: mistake(
    'A key stands once in its object. Of two, readers of JSON take the one or the other, and nobody could say which was meant.',
    '"risk": 0.4,',
    '"risk": 0.4,\n      "risk": 0.9,',
  ),
  DN055: mistake(
    'The value is of another type than its key has: text has quotes, numbers have none, lists stand in brackets, objects in braces.',
    '"risk": 0.4',
    '"risk": "0.4"',
  ),
  DN056: mistake(
    'The version is that of the format of the file, not of your fleet. This dreamnet does not know it, and does not guess what the file means.',
    '"version": 1',
    '"version": 2',
  ),
  DN057: mistake(
    'Programs write these names, so they are made of letters a to z, digits and `_`, do not begin with a digit or `__`, and are no word of the language. The names that a field can have stand in quotes: they have no quotes in them, and no space around them, which task tables would leave out.',
    '"tray"',
    '"paper tray"',
  ),
  DN058: mistake(
    'Fields, actions, codes and metrics are told apart by this. A code in particular must never be given twice: it is all that an agent sees of an action.',
    '["A4", "A3"]',
    '["A4", "A4"]',
  ),
  DN059: mistake(
    'Here stands one of a few words: a unit, or a dose. The units are duration, bytes, bitrate, money, ratio and count, and for fields also name.',
    '"unit": "count"',
    '"unit": "counts"',
  ),
  DN060: mistake(
    'The number lies outside what is possible here: a risk is from 0 to 1, an uncertainty above 0, a code a whole number from 0. An amount may also be text with a unit, as in programs.',
    '"risk": 0.4',
    '"risk": 1.4',
  ),
  DN061: mistake(
    'The ends of a range have the unit of their argument, as in programs. A plain number is in the base unit: seconds, bytes, bits per second, dollars, a fraction.',
    '"max": "90%"',
    '"max": "90s"',
  ),
  DN062: mistake(
    'The range goes from min to max, both included, and min is above max: no value is left that a program could give.',
    '"min": 0, "max": "90%"',
    '"min": "95%", "max": "90%"',
  ),
  DN063: mistake(
    'A dose says how strongly a value acts. `reduction` is a share that is taken away, from 0 to below 100%; `increase` a share that is added. Neither fits another unit, or taking away everything.',
    '"max": "90%"',
    '"max": "100%"',
  ),
  DN064: mistake(
    'Effects are expected on fields of tasks, because those are measured: what nobody measures could never be compared with what was expected. Names have no amount that could change.',
    '"metric": "pages"',
    '"metric": "paper"',
  ),
  DN065: mistake(
    'A field of the unit `name` lists the names that it can hold, and only such a field does. Agents number them in this order.',
    '"unit": "name", "names": ["A4", "A3"]',
    '"unit": "name"',
  ),
  DN066: mistake(
    'The list has fewer or more entries than it can have: a fleet has a field and an action at least, an action takes one argument at most.',
    '["A4", "A3"]',
    '[]',
  ),
  DN067: mistake(
    'Nothing says what the action does to a task, so the governor neither predicts nor learns what it does. Programs can use it all the same.',
    '[{ "metric": "pages", "perUnit": 0.5, "uncertainty": 0.3 }]',
    '[]',
  ),
  DN068: mistake(
    'Agents and governor of dreamnet keep the actions that touched a task as bits of one number, for codes from 1 to 30. A program with another code could not be measured, so they refuse it (DN603). Other hosts take any code.',
    '"code": 1',
    '"code": 32',
  ),
  DN069: mistake(
    'The argument can only be one value. Then a program need not give it: leave the argument out, or widen its range.',
    '"min": 0, "max": "90%"',
    '"min": "90%", "max": "90%"',
  ),
} satisfies Readonly<Record<string, CodeExplanation>>;
