import { describe, expect, it } from 'vitest';
import { durationFlag, goalFlags, rolloutFlags } from '../../src/cli/flags.js';

type Parse = (text: string, context: object, flag: object) => Promise<unknown>;

async function hintOf(flag: object, text: string): Promise<{ message: string; hint: string }> {
  const { parse } = flag as { parse: Parse };
  return parse(text, {}, {}).then(
    () => expect.unreachable(),
    (thrown) => thrown,
  );
}

describe('a duration that is refused', () => {
  it.each([
    ['--window', goalFlags.window],
    ['--bake', rolloutFlags.bake],
    ['--since', durationFlag('since', { description: '' })],
  ])('of %s is answered with examples that are accepted', async (name, flag) => {
    const { hint } = await hintOf(flag, 'soon');
    const examples = [...hint.matchAll(/--\w+ (\d+\w+)/g)].map(([, text]) => text ?? '');
    expect(hint).toContain(name);
    expect(examples.length).toBeGreaterThan(1);
    for (const text of examples) await expect((flag.parse as Parse)(text, {}, {})).resolves.toBe(text);
  });

  it('is told the bounds as it can write them', async () => {
    const { message, hint } = await hintOf(goalFlags.window, '500ms');
    expect(message).toBe('--window "500ms" is no duration between 1s and 30d.');
    expect(hint).toBe('Write for example --window 20s, --window 2m or --window 2h.');
    expect((await hintOf(rolloutFlags.bake, '2h')).message).toContain('between 0 and 1h');
  });
});
