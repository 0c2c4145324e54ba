import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { checkFiles } from '../../src/cli/check-files.js';
import { checkProgram } from '../../src/cli/check-program.js';
import { checkDocument } from '../../src/cli/views/check-document.js';
import { checkSummary, checkText } from '../../src/cli/views/check-view.js';
import { wantsColor } from '../../src/cli/views/diagnostics-view.js';
import { compileSource } from '../../src/core/bytecode/compile.js';
import { keyIdOf, signProgram } from '../../src/core/bytecode/signature.js';
import { referenceFleet } from '../../src/core/language/capabilities.js';
import { temporaryDir } from '../fleet/support.js';
import { fixture, ifCondition, inLoop } from '../language/support.js';

const nobody = { trusted: [], revoked: new Set<string>(), required: false };

function checked(
  contents: Readonly<Record<string, string | Uint8Array>>,
  { fix = false, strict = false } = {},
) {
  const dir = temporaryDir();
  const files = Object.entries(contents).map(([name, content]) => {
    const file = path.join(dir, name);
    writeFileSync(file, content);
    return file;
  });
  const found = checkFiles({ files, capabilities: referenceFleet, fix, known: () => nobody });
  const document = checkDocument(found, { fix, strict });
  const text = checkText(found, document, { columns: 80, color: false }).replaceAll(`${dir}/`, '');
  return { found, document, text, summary: checkSummary(document, { fix, strict }) };
}

const good = fixture('reference.dream');
const semicolons = inLoop('ROUTE_TO_CHEAPER_REGION(task);;');
const unused = inLoop('LET a = 1 ROUTE_TO_CHEAPER_REGION(task)');

describe('the sum of what was checked', () => {
  it.each([
    [{ 'a.dream': good }, {}, '1 file: no errors'],
    [{ 'a.dream': unused, 'b.dream': good }, {}, '2 files: 1 warning'],
    [{ 'a.dream': unused }, { strict: true }, '1 file: 1 warning; warnings count as errors'],
    [
      { 'a.dream': semicolons, 'b.dream': unused },
      {},
      '2 files: 2 errors, 1 warning; 1 can be fixed with --fix',
    ],
    [{ 'a.dream': semicolons, 'b.dream': unused }, { fix: true }, '2 files: 1 warning; 2 fixed'],
  ])('is one line: %j %j', (contents, settings, summary) => {
    expect(checked(contents, settings).summary).toBe(summary);
  });

  it('is about every file once, however often it is named', () => {
    const file = path.join(temporaryDir(), 'a.dream');
    writeFileSync(file, semicolons);
    const files = [file, file];
    expect(checkFiles({ files, capabilities: referenceFleet, fix: true, known: () => nobody })).toHaveLength(
      1,
    );
  });
});

describe('what was found in files', () => {
  it('is left out where there is nothing to say', () => {
    expect(checked({ 'a.dream': good, 'b.dream': good }).text).toBe('');
  });

  it('tells fixes first, then what remains, file by file', () => {
    const { text } = checked(
      { 'a.dream': `${semicolons}\n`, 'b.dream': ifCondition('task.age > 5') },
      { fix: true },
    );
    expect(text).toMatch(
      /^a\.dream:1:75: fixed DN002: .*\na\.dream:1:74: fixed DN002: .*\n\nb\.dream:1:\d+: error DN020/,
    );
  });

  it('is about capability files when they are called .json', () => {
    const { document } = checked({ 'fleet.json': '{ "version": 1 }', 'a.dream': good });
    expect(document.files[0]).toMatchObject({ kind: 'capabilities', ok: false });
    expect(document.files[0]?.diagnostics.map(({ code }) => code)).toContain('DN053');
    expect(document.files[1]).toMatchObject({ kind: 'source', ok: true });
  });
});

describe('a compiled program', () => {
  const result = compileSource(good, { fileName: 'a.dream' });
  if (!result.ok) throw new Error('the reference does not compile');
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const signed = signProgram(result.program.bytes, privateKey);
  const codes = (bytes: Uint8Array, known: Partial<typeof nobody>) =>
    checkProgram(bytes, { ...nobody, ...known } as typeof nobody).problems.map(
      ({ code, severity }) => `${severity} ${code}`,
    );

  it('is refused for its signature when keys were named, and warned about otherwise', () => {
    const known = { trusted: [publicKey] as never[] };
    expect(codes(signed, known)).toEqual([]);
    expect(codes(signed, {})).toEqual([]);
    expect(codes(signed, { required: true })).toEqual(['error DN122']);
    expect(codes(result.program.bytes, {})).toEqual(['warning DN120']);
    expect(codes(result.program.bytes, { ...known, required: true })).toEqual(['error DN120']);
    expect(codes(signed, { ...known, revoked: new Set([keyIdOf(publicKey)]) })).toEqual(['error DN124']);
  });

  it('is told apart from text by its name or its first bytes, and what to do is said', () => {
    const { document, text } = checked({ 'a.bc': good, 'no-name': signed.subarray(0, 40) });
    expect(document.files.map(({ kind }) => kind)).toEqual(['program', 'program']);
    expect(text).toMatch(/^a\.bc: error DN101: .*\n {9}hint: The file was probably cut off/);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe('headlines', () => {
  it('are wrapped for a person only, between words', () => {
    const name = `${'long-'.repeat(8)}.dream`;
    const { found, document } = checked({ [name]: ifCondition('task.memory > 5s') });
    const look = { columns: 60, color: true };
    const [whole = ''] = stripVTControlCharacters(checkText(found, document, look)).split('\n');
    expect(whole.length).toBeGreaterThan(60);
    const wrapped = stripVTControlCharacters(checkText(found, document, { ...look, wrapsHeadlines: true }));
    const lines = wrapped.split('\n');
    const head = lines.slice(
      0,
      lines.findIndex((line) => line.includes(' | ')),
    );
    expect(head.length).toBeGreaterThan(1);
    for (const line of head.slice(1)) expect(line).toMatch(/^ {4}\S.{0,55}$/);
    expect(head.map((line) => line.trim()).join(' ')).toBe(whole);
  });
});

describe('colours', () => {
  it.each<[boolean, boolean, Record<string, string>, boolean]>([
    [true, false, {}, true],
    [false, false, {}, false],
    [true, true, {}, false],
    [true, false, { NO_COLOR: '1' }, false],
    [true, false, { NO_COLOR: '' }, true],
    [true, false, { TERM: 'dumb' }, false],
    [false, false, { FORCE_COLOR: '1' }, true],
    [true, false, { FORCE_COLOR: '0' }, false],
    [false, false, { FORCE_COLOR: '' }, false],
    [false, false, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    [false, true, { FORCE_COLOR: '1' }, false],
  ])('are for terminals that have them: terminal %s, --no-color %s, %j', (isTTY, refused, env, expected) => {
    expect(wantsColor({ refused, stream: { isTTY }, env })).toBe(expected);
  });

  it('do not change the text', () => {
    const dir = temporaryDir();
    const file = path.join(dir, 'a.dream');
    writeFileSync(file, fixture('mistakes.dream'));
    const found = checkFiles({
      files: [file],
      capabilities: referenceFleet,
      fix: false,
      known: () => nobody,
    });
    const document = checkDocument(found, { fix: false, strict: false });
    const plain = checkText(found, document, { columns: 80, color: false });
    const painted = checkText(found, document, { columns: 80, color: true });
    expect(painted).toContain('\u001b[31m');
    expect(stripVTControlCharacters(painted)).toBe(plain);
  });
});
