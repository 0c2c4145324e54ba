import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readProgramFile } from '../../src/cli/program-file.js';
import { referenceFleet } from '../../src/core/language/capabilities.js';
import { temporaryDir } from '../fleet/support.js';

function reading(bytes: Uint8Array): () => unknown {
  const path = join(temporaryDir(), 'file.dream');
  writeFileSync(path, bytes);
  return () => {
    const file = readProgramFile(path, referenceFleet);
    return file.kind === 'source' && !file.result.ok ? file.result.diagnostics[0]?.message : 'fits';
  };
}

it.each([
  [
    'a source above the limit',
    Buffer.alloc(300_000, '#'),
    /has 300000 bytes, and a program has at most 262144/,
  ],
  ['one with wide characters', Buffer.from('# é'.repeat(100_000)), /has 400000 bytes/],
])('tells the size of %s', (_, bytes, message) => {
  expect(reading(bytes)()).toMatch(message);
});

it.each([
  ['above the limit', 300_000],
  ['that is above the limit only when it is decoded', 200_000],
])('tells the true size of what is no text %s', (_, size) => {
  const reason = new RegExp(
    `is not UTF-8: its ${size} bytes are no text, and a program is a text of at most 262144`,
  );
  expect(reading(Buffer.alloc(size, 0xff))).toThrow(reason);
});

it('tells how large a program may be of what is too large to be read', () => {
  const reason = /has more than the 524288 bytes that a program has at most/;
  expect(reading(Buffer.alloc(16_777_217, '#'))).toThrow(reason);
});
