/** What deploy/ promises an agent container, against what the agent really reads and what the checkout really has. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '..', '..');
const deploy = path.join(root, 'deploy');
const variables = /\b(?:REDIS_URL|DREAMNET_[A-Z]+)\b/g;
const read = (...parts: string[]) => readFileSync(path.join(root, ...parts), 'utf8');

describe.each(['agent.Dockerfile', 'compose.yaml'])('deploy/%s', (file) => {
  it('sets only variables that an agent container reads', () => {
    const known = new Set(read('src', 'core', 'agent', 'container-main.ts').match(variables));
    const set = new Set(read('deploy', file).match(variables));
    expect(set).toContain('DREAMNET_ID');
    expect([...set].filter((name) => !known.has(name))).toEqual([]);
  });

  it('names only files that are there', () => {
    const named = [...read('deploy', file).matchAll(/(?:'|\s)((?:\.\.|deploy)\/[\w./-]+\.\w+)/g)].map(
      ([, name]) => name ?? '',
    );
    expect(named.length).toBeGreaterThan(0);
    const missing = named.filter(
      (name) => !existsSync(path.join(name.startsWith('..') ? deploy : root, name)),
    );
    expect(missing).toEqual([]);
  });
});
