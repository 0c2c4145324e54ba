import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requireOutputFor, writeCapabilityFile } from '../../src/cli/capabilities-output.js';
import { temporaryDir } from '../fleet/support.js';

const write = (path: string, text: string, force = false) => writeCapabilityFile(path, text, { force });

test('a new file is written, and the same text again changes nothing', () => {
  const directory = temporaryDir();
  const file = join(directory, 'fleet.json');
  expect(write(file, 'a')).toBe('written');
  expect(write(file, 'a')).toBe('same');
  expect(readFileSync(file, 'utf8')).toBe('a');
  expect(readdirSync(directory)).toEqual(['fleet.json']);
});

test('a file that says something else is only replaced by force, behind a link too', () => {
  const directory = temporaryDir();
  const file = join(directory, 'fleet.json');
  writeFileSync(file, 'mine');
  symlinkSync(file, join(directory, 'link.json'));
  for (const name of ['fleet.json', 'link.json'])
    expect(() => write(join(directory, name), 'new')).toThrow(expect.objectContaining({ code: 'DN673' }));
  expect(readFileSync(file, 'utf8')).toBe('mine');
  expect(write(join(directory, 'link.json'), 'new', true)).toBe('replaced');
  expect(readFileSync(file, 'utf8')).toBe('new');
  expect(readdirSync(directory)).toEqual(['fleet.json', 'link.json']);
});

test('what is no file, or has no directory, is told and nothing is left behind', () => {
  const directory = temporaryDir();
  mkdirSync(join(directory, 'folder'));
  const failed = expect.objectContaining({ code: 'DN674', kind: 'failed' });
  expect(() => write(join(directory, 'folder'), 'a', true)).toThrow(failed);
  expect(() => write(join(directory, 'none', 'fleet.json'), 'a')).toThrow(failed);
  expect(readdirSync(directory)).toEqual(['folder']);
});

test('the document and the file cannot both go to standard output', () => {
  expect(() => requireOutputFor('-', { json: true })).toThrow(expect.objectContaining({ code: 'DN674' }));
  expect(() => requireOutputFor('-', { json: false })).not.toThrow();
  expect(() => requireOutputFor('fleet.json', { json: true })).not.toThrow();
});
