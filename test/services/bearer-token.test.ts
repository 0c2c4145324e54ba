import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bearerToken } from '../../src/services/bearer-token.js';
import { temporaryDir } from '../fleet/support.js';

describe('a token that is made once', () => {
  it('is kept whole for its owner alone, is the same for the next service, and nothing stays beside it', () => {
    const dir = join(temporaryDir(), 'config');
    const keptAt = join(dir, 'injector.token');
    const source = { file: undefined, variable: undefined, keptAt };
    const first = bearerToken(source);
    const second = bearerToken(source);
    const kept = readFileSync(keptAt, 'utf8').trim();
    expect([first.isRight(kept), second.isRight(kept), first.given]).toEqual([true, true, false]);
    expect(statSync(keptAt).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['injector.token']);
  });
});
