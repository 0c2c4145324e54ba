import { describe, expect, test } from 'vitest';
import { decideMove, emptyHeld, type Held } from '../../../src/core/injector/transports/held-programs.js';
import { noProgram } from '../../../src/core/injector/transports/program-directory.js';
import type { OrderAction } from '../../../src/core/nerve/messages/order.js';

const digestOf = (name: string) => `sha256:${name.charCodeAt(0).toString(16).repeat(32)}`;

/** Orders such as `stage a` in the epoch given; the programs that are in place after each, and the last move. */
function follow(
  orders: readonly string[],
  { epoch = 1, present = noProgram as string, held = emptyHeld() } = {},
) {
  let move: ReturnType<typeof decideMove>['move'] = { move: 'nothing' };
  for (const order of orders) {
    const [action = '', name = '', at = String(epoch)] = order.split(' ');
    const made = decideMove(held, orderOf(action as OrderAction, name, Number(at)), present);
    ({ held, move } = made);
    if (move.move === 'activate') present = digestOf(name);
    if (move.move === 'restore') present = move.digest;
  }
  return { held: held as Held, move, present };
}

function orderOf(action: OrderAction, name: string, epoch: number) {
  const instruction = `instr_${name}`;
  return {
    version: 1,
    instruction,
    action,
    digest: digestOf(name),
    parameters: {},
    epoch,
    expires: 1,
    windowMs: 1,
  } as const;
}

describe('what an agent without the SDK holds', () => {
  test('goes live when it is staged, and only then', () => {
    expect(follow(['live a']).move).toMatchObject({ move: 'refuse', code: 'DN616' });
    expect(follow(['stage b', 'live a']).move).toMatchObject({ code: 'DN616' });
    expect(follow(['observe a']).move).toMatchObject({ code: 'DN616' });
    expect(follow(['stage a', 'live a']).held).toMatchObject({
      live: { instruction: 'instr_a' },
      former: [{ digest: noProgram }],
    });
  });

  test('is the same however often it is told', () => {
    const once = follow(['stage a', 'live a']);
    expect(follow(['stage a', 'stage a', 'live a', 'live a', 'stage a'])).toMatchObject({
      held: once.held,
      present: once.present,
    });
    const taken = follow(['stage a', 'live a', 'undo a']);
    const again = follow(['stage a', 'live a', 'undo a', 'undo a']);
    expect(again.held).toEqual(taken.held);
    // The agent may not have heard of it: it is put back and asked once more.
    expect(again.move).toEqual({ move: 'restore', digest: noProgram });
  });

  test('returns one by one to what was there before, also to what somebody else put there', () => {
    const orders = ['stage a', 'live a', 'stage b', 'live b', 'undo b', 'undo a'];
    for (const [steps, present] of [
      [4, digestOf('b')],
      [5, digestOf('a')],
      [6, digestOf('x')],
    ] as const) {
      expect(follow(orders.slice(0, steps), { present: digestOf('x') }).present).toBe(present);
    }
    const replaced = follow(['stage b', 'live b', 'undo b'], {
      ...follow(['stage a', 'live a']),
      present: digestOf('y'),
    });
    expect(replaced.present).toBe(digestOf('y'));
  });

  test('loses from its middle what is undone there', () => {
    const { held, move, present } = follow(['stage a', 'live a', 'stage b', 'live b', 'undo a', 'undo b']);
    expect([present, move]).toEqual([noProgram, { move: 'restore', digest: noProgram }]);
    expect(held.former).toEqual([]);
  });

  test('is only unstaged where it was not live', () => {
    expect(follow(['stage a', 'undo a']).move).toEqual({ move: 'unstage' });
    expect(follow(['undo a']).move).toEqual({ move: 'nothing' });
    const { held } = follow(['stage a', 'observe a', 'undo a']);
    expect(held).toMatchObject({ observing: false });
    expect(held.staged).toBeUndefined();
  });

  test('is not changed by a coordinator that was replaced, nor by what an undo has overtaken', () => {
    expect(follow(['stage a 5', 'live a 4']).move).toMatchObject({ move: 'refuse', code: 'DN615' });
    expect(follow(['undo a 5', 'stage a 5']).move).toMatchObject({ move: 'refuse', code: 'DN617' });
    expect(follow(['undo a 5', 'stage a 6', 'live a 6']).present).toBe(digestOf('a'));
  });

  test('does not become another program under the same instruction', () => {
    const { held } = follow(['stage a', 'live a']);
    const other = { ...orderOf('live', 'a', 1), digest: digestOf('z') };
    expect(decideMove(held, other, digestOf('a')).move).toMatchObject({ move: 'refuse', code: 'DN618' });
  });

  test('stays small, however many programs come after each other', () => {
    const orders = Array.from({ length: 60 }, (_, at) => String.fromCharCode(0x4e00 + at)).flatMap((name) => [
      `stage ${name}`,
      `live ${name}`,
    ]);
    expect(follow(orders).held.former.length).toBeLessThanOrEqual(16);
  });
});
