import { describe, expect, it } from 'vitest';
import { closest } from '../../src/cli/closest.js';

const COMMANDS = ['run', 'decide', 'inject', 'watch', 'leaderboard', 'rollout:list'];

describe('the closest candidate', () => {
  it.each([
    ['rnu', 'run'],
    ['injcet', 'inject'],
    ['wtach', 'watch'],
    ['leaderbord', 'leaderboard'],
    ['rollout:lst', 'rollout:list'],
    ['lead', 'leaderboard'],
  ])('to %s is %s', (word, meant) => {
    expect(closest(word, COMMANDS)).toBe(meant);
  });

  it.each(['zzz', 'xyzzy', ''])('to %j is none', (word) => {
    expect(closest(word, COMMANDS)).toBeUndefined();
  });
});
