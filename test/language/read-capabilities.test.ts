import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileSource } from '../../src/core/bytecode/compile.js';
import { bytecodeLimits } from '../../src/core/bytecode/limits.js';
import { type Capabilities, referenceFleet } from '../../src/core/language/capabilities.js';
import type { Diagnostic } from '../../src/core/language/diagnostics/diagnostics.js';
import { renderDiagnostics } from '../../src/core/language/diagnostics/render-diagnostic.js';
import { languageLimits } from '../../src/core/language/limits.js';
import { readCapabilities } from '../../src/core/language/read-capabilities.js';
import { seededRandom } from '../support/seeded-random.js';
import { applied, fixture } from './support.js';

const reference = readFileSync(
  new URL('../../src/core/language/reference-fleet.json', import.meta.url),
  'utf8',
);

/** Small, and without a mistake or a warning. */
const good = `{
  "version": 1,
  "name": "print-shop",
  "fields": [
    { "name": "pages", "unit": "count" },
    { "name": "wait", "unit": "duration", "about": "time in the queue" },
    { "name": "tray", "unit": "name", "names": ["A4", "A3"] }
  ],
  "actions": [
    {
      "name": "SLOW_DOWN",
      "code": 1,
      "arguments": [{ "name": "by", "unit": "ratio", "min": 0, "max": "90%", "dose": "reduction" }],
      "risk": 0.4,
      "effects": [{ "metric": "wait", "perUnit": 0.5, "uncertainty": 0.3 }]
    }
  ]
}
`;

function diagnosticsIn(text: string): readonly Diagnostic[] {
  const result = readCapabilities(text, { fileName: 'fleet.json' });
  return result.ok ? result.warnings : result.diagnostics;
}

function codesIn(text: string): string[] {
  return diagnosticsIn(text).map(({ code }) => code);
}

function readGood(text: string): Capabilities {
  const result = readCapabilities(text, { fileName: 'fleet.json' });
  if (result.ok) return result.capabilities;
  throw new Error(renderDiagnostics(result.diagnostics, { source: text, fileName: 'fleet.json' }));
}

/** The good file with one piece replaced, which must be there exactly once. */
function changed(piece: string, by: string): string {
  const parts = good.split(piece);
  if (parts.length !== 2) throw new Error(`${piece} is there ${parts.length - 1} times`);
  return parts.join(by);
}

describe('a capability file without mistakes', () => {
  it('is the one that is shipped, read as the program has it, without a warning', () => {
    const result = readCapabilities(reference, { fileName: 'reference-fleet.json' });
    expect(result).toEqual({ ok: true, capabilities: referenceFleet, warnings: [] });
  });

  it('says what is left out by the value that stands for nothing', () => {
    const [pages] = readGood(good).fields;
    expect(pages).toEqual({ name: 'pages', unit: 'count', about: '' });
    const bare = changed(/ {6}"arguments".*\n/.exec(good)?.[0] ?? '', '');
    expect(readGood(bare).actions[0]).toMatchObject({ about: '', arguments: [] });
  });

  it('may have comments, trailing commas, a byte order mark, and lines that end as on Windows', () => {
    const dressed = good
      .replace('"fields"', '// what a job has\n"fields" /* all of it */')
      .replace('"A3"]', '"A3",],');
    const text = `\uFEFF${dressed.replaceAll('\n', '\r\n')}`;
    expect(codesIn(text)).toEqual([]);
    expect(readGood(text)).toEqual(readGood(good));
  });

  it.each([
    ['"90%"', 'ratio', 0.9],
    ['0.9', 'ratio', 0.9],
    ['"10s"', 'duration', 10],
    ['"1.5h"', 'duration', 5_400],
    ['"1GB"', 'bytes', 1e9],
    ['"$5"', 'money', 5],
    ['"100Mbps"', 'bitrate', 1e8],
    ['"1_000"', 'count', 1_000],
    ['"250"', 'duration', 250],
  ])('has amounts as in programs: %s of %s', (written, unit, value) => {
    const range = `"unit": "${unit}", "min": 0, "max": ${written}`;
    const text = changed('"unit": "ratio", "min": 0, "max": "90%", "dose": "reduction"', range);
    expect(codesIn(text)).toEqual([]);
    expect(readGood(text).actions[0]?.arguments[0]?.max).toBe(value);
  });

  it('has amounts below zero', () => {
    const text = changed('"min": 0, "max": "90%", "dose": "reduction"', '"min": "-50%", "max": "50%"');
    expect(readGood(text).actions[0]?.arguments[0]).toMatchObject({ min: -0.5, max: 0.5 });
  });

  it('is what programs are compiled for: fields, actions, ranges, and names by their number', () => {
    const source =
      'FUNC f() { FOR EACH job IN task_queue { IF job.tray == "A3" AND job.pages > 9 THEN SLOW_DOWN(job, 30%) } }';
    const result = compileSource(source, { fileName: 'f.dream', capabilities: readGood(good) });
    if (!result.ok) throw new Error('it does not compile');
    expect(result.program.manifest).toMatchObject({
      fields: [{ name: 'tray', unit: 'name' }, { name: 'pages' }],
      actions: [{ code: 1, name: 'SLOW_DOWN', arguments: [{ name: 'by', min: 0, max: 0.9 }] }],
    });
    const swapped = readGood(changed('["A4", "A3"]', '["A3", "A4"]'));
    const other = compileSource(source, { fileName: 'f.dream', capabilities: swapped });
    if (!other.ok) throw new Error('it does not compile');
    expect(other.program.bytes).not.toEqual(result.program.bytes);
    expect(other.program.manifest).toEqual(result.program.manifest);
  });

  it('may hold as much as a program file, and the files for that are read', () => {
    const { fieldsMax, actionsMax } = languageLimits;
    expect({ fieldsMax, actionsMax }).toEqual({
      fieldsMax: bytecodeLimits.fieldsMax,
      actionsMax: bytecodeLimits.actionsMax,
    });
    const text = fileWith(fieldsMax, actionsMax);
    expect(codesIn(text).filter((code) => code !== 'DN068')).toEqual([]);
    expect(readGood(text).actions).toHaveLength(actionsMax);
  });
});

describe('a capability file with mistakes', () => {
  it('gets all of them reported at once, as recorded', async () => {
    const source = fixture('capability-mistakes.json');
    const fileName = 'capability-mistakes.json';
    const text = renderDiagnostics(diagnosticsIn(source), { source, fileName });
    await expect(`${text}\n`).toMatchFileSnapshot('../fixtures/capability-mistakes.txt');
  });

  it.each([
    ['"version": 1', '"version": 2', 'DN056'],
    ['"version": 1', '"version": "1"', 'DN056'],
    ['"version": 1,', '', 'DN053'],
    ['"print-shop"', '"print shop"', 'DN057'],
    ['"print-shop"', '7', 'DN055'],
    ['"name": "print-shop"', '"name": "print-shop", "nmae": "x"', 'DN052'],
    ['"name": "print-shop"', '"name": "print-shop", "name": "print-shop"', 'DN054'],
    ['"name": "print-shop"', '"name": "print-shop", "__proto__": {}', 'DN052'],
    ['"pages", "unit": "count"', '"pages"', 'DN053'],
    ['"pages", "unit": "count"', '"pages", "unti": "count"', 'DN052'],
    ['"pages"', '"pa-ges"', 'DN057'],
    ['"pages"', '"9pages"', 'DN057'],
    ['"pages"', '"größe"', 'DN057'],
    ['"pages"', '""', 'DN057'],
    ['"pages"', '"__pages"', 'DN057'],
    ['"pages"', '"Max"', 'DN057'],
    ['"pages"', '"task_queue"', 'DN057'],
    ['"pages"', `"${'p'.repeat(65)}"`, 'DN057'],
    ['"pages"', '"wait"', 'DN058'],
    ['"name": "wait"', '"name": "wa-it"', 'DN057'],
    ['"unit": "count"', '"unit": "counts"', 'DN059'],
    ['"unit": "count"', '"unit": ["count"]', 'DN055'],
    ['"names": ["A4", "A3"]', '"names": ["A4", "A4"]', 'DN058'],
    ['"names": ["A4", "A3"]', '"names": ["A4", "\\n"]', 'DN057'],
    ['"names": ["A4", "A3"]', '"names": [" A4", "A3"]', 'DN057'],
    ['"names": ["A4", "A3"]', '"names": ["A4", "A3\u00a0"]', 'DN057'],
    ['"names": ["A4", "A3"]', '"names": ["A4", " "]', 'DN057'],
    ['"names": ["A4", "A3"]', '"names": [4]', 'DN055'],
    ['"names": ["A4", "A3"]', '"names": []', 'DN066'],
    [', "names": ["A4", "A3"]', '', 'DN065'],
    ['"unit": "name"', '"unit": "count"', 'DN065'],
    ['"unit": "name"', '"unit": "nam"', 'DN059'],
    ['"SLOW_DOWN"', '"IF"', 'DN057'],
    ['"code": 1', '"code": 2147483648', 'DN060'],
    ['"code": 1', '"code": -1', 'DN060'],
    ['"code": 1', '"code": 1.5', 'DN060'],
    ['"code": 1', '"code": 0', 'DN068'],
    ['"code": 1', '"code": 32', 'DN068'],
    ['"risk": 0.4', '"risk": 1.01', 'DN060'],
    ['"risk": 0.4', '"risk": -0.1', 'DN060'],
    ['"risk": 0.4', '"risk": null', 'DN055'],
    ['"risk": 0.4', '"risk": 1e400', 'DN060'],
    ['"unit": "ratio"', '"unit": "name"', 'DN059'],
    ['"unit": "ratio"', '"unit": "ratoi"', 'DN059'],
    ['"max": "90%"', '"max": "90"', 'DN063'],
    ['"max": "90%"', '"max": 1', 'DN063'],
    ['"min": 0', '"min": -0.1', 'DN063'],
    ['"max": "90%", "dose": "reduction"', '"max": -1, "dose": "increase"', 'DN062'],
    ['"min": 0', '"min": "95%"', 'DN062'],
    ['"min": 0', '"min": 0.9', 'DN069'],
    ['"max": "90%"', '"max": "90s"', 'DN061'],
    ['"max": "90%"', '"max": "90 %"', 'DN002'],
    ['"max": "90%"', '"max": "90pc"', 'DN004'],
    ['"max": "90%"', '"max": "1_%"', 'DN003'],
    ['"max": "90%"', '"max": "90% # most"', 'DN060'],
    ['"max": "90%"', '"max": ""', 'DN060'],
    ['"max": "90%"', '"max": "10%..90%"', 'DN060'],
    ['"max": "90%"', '"max": 1e999', 'DN060'],
    ['"max": "90%"', '"max": true', 'DN055'],
    ['"dose": "reduction"', '"dose": "increases"', 'DN059'],
    ['"unit": "ratio", "min": 0, "max": "90%"', '"unit": "count", "min": 0, "max": 9', 'DN063'],
    ['"metric": "wait"', '"metric": "wiat"', 'DN064'],
    ['"metric": "wait"', '"metric": "tray"', 'DN064'],
    ['"uncertainty": 0.3', '"uncertainty": 0', 'DN060'],
    ['"perUnit": 0.5, ', '', 'DN053'],
    ['"effects": [{ "metric": "wait", "perUnit": 0.5, "uncertainty": 0.3 }]', '"effects": []', 'DN067'],
    ['"effects": [{', '"effects": [{ "metric": "wait", "perUnit": 1, "uncertainty": 1 }, {', 'DN058'],
  ])('is told of one mistake once, without further ones: %s -> %s', (piece, by, code) => {
    expect(codesIn(changed(piece, by))).toEqual([code]);
  });

  it.each([
    ['"unit": "count"', '"unit": "seconds"', 'did you mean "duration"?'],
    ['"unit": "count"', '"unit": "MB"', 'did you mean "bytes"?'],
    ['"unit": "count"', '"type": "count"', 'did you mean "unit"?'],
    ['"pages"', '"page count"', 'did you mean "page_count"?'],
    ['"metric": "wait"', '"metric": "wiat"', 'did you mean "wait"?'],
    ['"dose": "reduction"', '"dose": "reduce"', 'did you mean "reduction"?'],
    ['"risk": 0.4', '"risk": "40%"', 'write 0.4, without quotes'],
    ['"max": "90%"', '"max": "90pct"', undefined],
  ])('learns what was meant: %s', (piece, by, hint) => {
    const text = changed(piece, by);
    const [first] = diagnosticsIn(text);
    expect(first?.hint).toBe(hint);
    if (first?.suggestion !== undefined) expect(codesIn(applied(text, first))).not.toContain(first.code);
  });

  it('learns the name without the space around it, which a task table could not hold', () => {
    const text = changed('"A4", "A3"', '" A4\u3000", "A3"');
    const [first] = diagnosticsIn(text);
    if (first === undefined) throw new Error('nothing is said');
    expect(first.message).toBe('this name begins or ends with a space, which task tables leave out');
    expect(applied(text, first)).toBe(good);
  });

  it('is shown an amount where it stands, inside its quotes', () => {
    const text = changed('"max": "90%"', '"max": "5secs"');
    const [first] = diagnosticsIn(text);
    expect(first).toMatchObject({ code: 'DN004', hint: 'did you mean s?' });
    expect(text.slice(first?.span.offset, (first?.span.offset ?? 0) + (first?.span.length ?? 0))).toBe(
      'secs',
    );
  });

  it('is told nothing about effects while the fields are not known', () => {
    expect(codesIn(changed('{ "name": "wait"', '{ "nam": "wait"'))).toEqual(['DN052']);
    expect(codesIn(good.replace(/"fields": \[[\s\S]*?\n {2}\]/, '"fields": 3'))).toEqual(['DN055']);
  });

  it('is warned once of what all of its actions have', () => {
    const { fields } = JSON.parse(good);
    const actions = Array.from({ length: 50 }, (_, index) => ({ name: `A${index}`, code: index, risk: 0 }));
    const text = JSON.stringify({ version: 1, name: 'many', fields, actions });
    expect(diagnosticsIn(text).map(({ message }) => message)).toEqual([
      'nothing says what A0, and 49 more, do to a task',
      'the agents of dreamnet refuse programs with the code 0, and with 19 more',
    ]);
  });

  it('is not told that two names are the same when neither can be used', () => {
    expect(codesIn(changed('"A4", "A3"', '"", ""'))).toEqual(['DN057', 'DN057']);
  });

  it('is told nothing about what is too much, but that it is', () => {
    const text = changed('"dose": "reduction" }]', '"dose": "reduction" }, { "unit": "byte" }]');
    expect(codesIn(text)).toEqual(['DN066']);
  });

  it('is told of what is too much once, at the first that is', () => {
    const { fieldsMax, actionsMax } = languageLimits;
    for (const text of [fileWith(fieldsMax + 9, 1), fileWith(1, actionsMax + 9)]) {
      const errors = diagnosticsIn(text).filter(({ severity }) => severity === 'error');
      expect(errors.map(({ code }) => code)).toEqual(['DN066']);
    }
  });
});

describe('a file that is not JSON', () => {
  it.each([
    ['', '1:1', 'the file is empty'],
    [' \n// nothing\n', '1:1', 'the file is empty'],
    ['{"a": 1 "b": 2}', '1:9', 'a comma is missing before this'],
    ['{"a" 1}', '1:6', 'a colon is missing between key and value'],
    ['\uFEFF{"a" 1}', '1:7', 'a colon is missing between key and value'],
    ['{"a": }', '1:7', 'a value is missing here'],
    ['{\n  "a": [1, 2}\n}', '2:13', 'a list ends with ], not with }'],
    ['{"a": ], "b": [[1}', '1:7', 'an object ends with }, not with ]'],
    ['{"a": [1}, "b": "c\n}', '1:9', 'a list ends with ], not with }'],
    ['{\n  "a": {\n', '2:9', 'the file ends inside an object'],
    ['{}\n}', '2:1', 'the file goes on behind its end'],
    ['{} and more', '1:4', 'the file goes on behind its end'],
    ["{'a': 1}", '1:2', 'text and keys are in double quotes'],
    ['{“a”: 1}', '1:2', 'text and keys are in double quotes'],
    ['{a: 1}', '1:2', 'keys are in double quotes'],
    ['{"a": b}', '1:7', 'text is in double quotes'],
    ['{"a": "b\n}', '1:7', 'this text has no closing quote on its line'],
    ['{"a: 1, "b": 2}', '1:11', 'this text has no closing quote on its line'],
    ['{"a": "\\q"}', '1:7', 'this escape does not exist'],
    ['{"a": "\\u12"}', '1:7', 'an escape \\u has four hexadecimal digits behind it'],
    ['{"a": "b\tc"}', '1:7', 'a tab or another control character in text is written as an escape'],
    ['{"a": 012}', '1:7', 'a number does not begin with 0'],
    ['{"a": 1.}', '1:7', 'this number is cut off'],
    ['{"a": .5}', '1:7', 'a number begins with a digit or a minus'],
    ['{"a": NaN}', '1:7', 'NaN is no number in JSON'],
    ['{"a": True}', '1:7', 'this word is in small letters'],
    ['{"a": 90%}', '1:7', 'an amount with a unit is text'],
    ['{"a": 1GB}', '1:7', 'an amount with a unit is text'],
    ['{"a": $5}', '1:7', 'an amount with a unit is text'],
    ['{"a" = 1}', '1:6', 'a colon stands between key and value'],
    ['{"a": 1; "b": 2}', '1:8', 'a comma stands between values'],
    ['{ # no\n}', '1:3', 'a comment begins with //'],
    ['{ /* no\n}', '1:3', 'this comment is never closed'],
    ['{\u00a0"a": 1}', '1:2', 'JSON does not use U+00A0'],
    ['version: 1\nname: x', '1:1', 'a capability file is JSON, and begins with {'],
    ['FUNC f() {\n}\n', '1:1', 'a capability file is JSON, and begins with {'],
    ['{"a": "\0"}', '1:8', 'a NUL byte is no part of JSON'],
    [Buffer.from(good, 'utf16le').toString('latin1'), '1:2', 'a NUL byte is no part of JSON'],
    ['[]', '1:1', 'a capability file must be an object'],
    ['"fleet"', '1:1', 'a capability file must be an object'],
  ])('is told so once, at the place: %j', (text, place, message) => {
    const told = diagnosticsIn(text).map((one) => `${one.span.line}:${one.span.column} ${one.message}`);
    expect(told).toEqual([`${place} ${message}`]);
  });

  it('is told so when it is nested more deeply than any parser survives', () => {
    for (const bracket of ['[', '{"a":']) {
      const [first, ...more] = diagnosticsIn(bracket.repeat(100_000));
      expect(first).toMatchObject({ code: 'DN051', span: { line: 1 } });
      expect(first?.message).toContain('more than 32 levels');
      expect(more).toEqual([]);
    }
  });

  it('is told so when it is nested as deeply behind a bracket that is wrong', () => {
    const text = `{"a": ], "b": ${'['.repeat(100_000)}`;
    expect(diagnosticsIn(text).map(({ message }) => message)).toEqual(['an object ends with }, not with ]']);
  });

  it('is told so when it is brackets in any order, thousands of times', () => {
    const openings = ['[', '[1,', '{"a":', '[[],', '{"a":{},"b":'];
    const pieces = [...openings, ']', '}', ',', ':', '"b"', 'x', '"\n', '/*', '//'];
    for (let seed = 1; seed <= 600; seed += 1) {
      const random = seededRandom(seed);
      const some = (from: readonly string[], most: number) =>
        Array.from({ length: random.below(most + 1) }, () => random.pick(from)).join('');
      const start = some(openings, 2) + random.pick([']', '}', '],', '},', ':}', ':],']) + some(openings, 2);
      const source = start + (random.pick(openings) + some(pieces, 2)).repeat(20_000);
      expect(() => useAll(source), `seed ${seed}`).not.toThrow();
    }
  });

  it('is told of one mistake in each of its lines', () => {
    expect(diagnosticsIn("{\n'a': 'b',\n'c': 1\n}").map(({ span }) => span.line)).toEqual([2, 3]);
  });

  it('gets the right line when lines end in other ways', () => {
    expect(diagnosticsIn('{\r\n"a": 1,\r"b" 2}')[0]?.span).toMatchObject({ line: 3, column: 5 });
  });

  it('is not read at all when it is huge', () => {
    expect(codesIn(`{}${' '.repeat(languageLimits.capabilityFileBytesMax)}`)).toEqual(['DN050']);
  });
});

describe('hostile capability files', () => {
  it('with more mistakes than anybody reads get a hundred of them, and soon', () => {
    const effects = Array.from(
      { length: 250 },
      (_, at) => `{ "metric": "${'m'.repeat(50)}${at}", "perUnit": 1, "uncertainty": 1 }`,
    );
    const action = `{ "name": "A", "code": 1, "risk": 0, "effects": [${effects.join()}] }`;
    const fields = Array.from(
      { length: 250 },
      (_, at) => `{ "name": "${'f'.repeat(50)}${at}", "unit": "count" }`,
    );
    const files = [
      good.replace(
        /"fields": \[[\s\S]*\]/,
        `"fields": [${fields}], "actions": [${Array(40).fill(action).join()}]`,
      ),
      `{ ${Array.from({ length: 60_000 }, (_, at) => `"key${at}": 1`).join()} }`,
      `{ ${Array(60_000).fill('"name": 1').join()} }`,
    ];
    for (const text of files) {
      const codes = codesIn(text);
      expect(codes).toHaveLength(languageLimits.diagnosticsMax + 1);
      expect(codes).toContain('DN010');
    }
  });

  it('never throw and never hang, whatever is cut, doubled or replaced', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '1e999',
      '-',
      '"9%"',
      'null',
      '\0',
      '\r',
      '😀',
      '//',
      '/*',
      '__proto__',
    ];
    for (let seed = 1; seed <= 3_000; seed += 1) {
      const random = seededRandom(seed);
      let source = random.pick([reference, good, fixture('capability-mistakes.json')]);
      for (let change = random.below(4); change >= 0; change -= 1) {
        const from = random.below(source.length);
        const to = random.chance(0.8) ? from + random.below(40) : random.below(source.length);
        const middle = random.chance(0.5) ? random.pick(pieces) : source.slice(from, from + random.below(40));
        source = source.slice(0, from) + middle + source.slice(to);
      }
      expect(() => useAll(source), `seed ${seed}`).not.toThrow();
    }
  });
});

/** What a command would do with the file. */
function useAll(source: string): void {
  const result = readCapabilities(source, { fileName: 'fuzz.json' });
  const told = result.ok ? result.warnings : result.diagnostics;
  if (!result.ok && told.length === 0) throw new Error('refused without a word');
  renderDiagnostics(told, { source, fileName: 'fuzz.json' });
  if (!result.ok) return;
  compileSource(fixture('reference.dream'), { fileName: 'f.dream', capabilities: result.capabilities });
}

function fileWith(fields: number, actions: number): string {
  return JSON.stringify({
    version: 1,
    name: 'many',
    fields: Array.from({ length: fields }, (_, index) => ({ name: `field_${index}`, unit: 'count' })),
    actions: Array.from({ length: actions }, (_, index) => ({
      name: `ACTION_${index}`,
      code: index + 1,
      risk: 0,
      effects: [{ metric: 'field_0', perUnit: 1, uncertainty: 1 }],
    })),
  });
}
