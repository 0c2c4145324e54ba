import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { isOneOf } from '../../src/cli/same-file.js';
import { temporaryDir } from '../fleet/support.js';

it('knows a file that is read by whatever name it is to be written', () => {
  const dir = temporaryDir();
  const at = (name: string) => path.join(dir, name);
  writeFileSync(at('a'), 'same');
  writeFileSync(at('other'), 'same');
  mkdirSync(at('below'));
  symlinkSync(at('a'), at('soft'));
  symlinkSync('nowhere', at('dangling'));
  linkSync(at('a'), at('hard'));
  for (const name of ['a', 'soft', 'hard', 'below/../a'])
    expect(isOneOf(`${dir}/${name}`, [at('other'), at('a')]), name).toBe(true);
  for (const name of ['other', 'new', 'dangling', '-'])
    expect(isOneOf(name === '-' ? name : at(name), [at('a'), '-', at('new'), at('dangling')]), name).toBe(
      false,
    );
});
