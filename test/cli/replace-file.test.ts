import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { replaceFile } from '../../src/cli/replace-file.js';
import { temporaryDir } from '../fleet/support.js';

function fileWith(text: string, mode = 0o640) {
  const dir = temporaryDir();
  const file = path.join(dir, 'a.dream');
  writeFileSync(file, text);
  chmodSync(file, mode);
  return { dir, file, before: Buffer.from(text) };
}

describe('replacing a file', () => {
  it('writes the new text with the old mode, and leaves nothing beside it', () => {
    const { dir, file, before } = fileWith('old');
    replaceFile({ path: file, before, after: 'new' });
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(dir)).toEqual(['a.dream']);
  });

  it('writes where a symbolic link leads to, and keeps the link', () => {
    const { dir, file, before } = fileWith('old');
    const link = path.join(dir, 'link.dream');
    symlinkSync('a.dream', link);
    replaceFile({ path: link, before, after: 'new' });
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('new');
  });

  it('leaves a file alone that somebody changed since it was read', () => {
    const { dir, file, before } = fileWith('old');
    writeFileSync(file, 'theirs');
    expect(() => replaceFile({ path: file, before, after: 'new' })).toThrow(
      expect.objectContaining({ code: 'DN937' }),
    );
    expect(readFileSync(file, 'utf8')).toBe('theirs');
    expect(readdirSync(dir)).toEqual(['a.dream']);
  });

  it('says so when the file has gone, or is a directory by now', () => {
    const { dir, before } = fileWith('old');
    mkdirSync(path.join(dir, 'sub'));
    for (const name of ['gone.dream', 'sub']) {
      expect(() => replaceFile({ path: path.join(dir, name), before, after: 'new' })).toThrow(
        expect.objectContaining({ code: 'DN938' }),
      );
    }
    expect(readdirSync(dir).sort()).toEqual(['a.dream', 'sub']);
  });

  it('leaves the file as it is when nothing can be written beside it', () => {
    const { dir } = fileWith('old');
    // There is no room left in the name for the part that makes it another file.
    const file = path.join(dir, `${'long'.repeat(60)}.dream`);
    writeFileSync(file, 'old');
    expect(() => replaceFile({ path: file, before: Buffer.from('old'), after: 'new' })).toThrow(
      expect.objectContaining({ code: 'DN938' }),
    );
    expect(readFileSync(file, 'utf8')).toBe('old');
  });

  it('keeps mode and owner', () => {
    const { file, before } = fileWith('old', 0o640);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) chownSync(file, 12_345, 12_346);
    const { uid, gid } = statSync(file);
    replaceFile({ path: file, before, after: 'new' });
    expect(statSync(file)).toMatchObject({ uid, gid, mode: 0o100_640 });
  });
});
