import { Flags, Parser } from '@oclif/core';
import { describe, expect, it } from 'vitest';
import { describeFailure } from '../../src/cli/failure.js';

const flags = {
  state: Flags.option({ options: ['live', 'paused'] as const })(),
  batch: Flags.string(),
  limit: Flags.string({ exclusive: ['top'] }),
  top: Flags.string(),
  json: Flags.boolean({ exclusive: ['jsonl'] }),
  jsonl: Flags.boolean(),
};

async function told(...argv: string[]): Promise<string> {
  const context = { helpCommand: 'dreamnet x --help', flagNames: Object.keys(flags) };
  const thrown = await Parser.parse(argv, { flags, strict: true }).then(
    () => new Error('it was taken'),
    (error: unknown) => error,
  );
  return describeFailure(thrown, context).message;
}

describe('what the parser refuses', () => {
  it.each([
    [['--state', 'foo'], '--state "foo" is none of live, paused.'],
    [['--state', 'two\nlines'], '--state "two\\nlines" is none of live, paused.'],
    [['--state'], '--state needs a value: one of live, paused.'],
    [['--batch'], '--batch needs a value.'],
    [['--batch', '1', '--batch', '2'], '--batch is given more than once.'],
    [['--limit', '5', '--top', 'class=web'], '--top and --limit cannot be given together.'],
    [['--json', '--jsonl'], '--jsonl and --json cannot be given together.'],
    [['--botch', '1'], 'There is no flag --botch.'],
  ])('%j is told in our words', async (argv, message) => {
    expect((await told(...argv)).split('\n')).toContain(message);
    expect(await told(...argv)).not.toMatch(/Expected|Flag -|cannot also|specified/);
  });
});
