import { afterEach, describe, expect, it, vi } from 'vitest';
import { DreamnetError } from '../../src/core/errors.js';
import type { RolloutRecord } from '../../src/core/nerve/messages/rollout-record.js';
import { Console } from '../../src/tui/Console.js';
import type { FleetFeed, FleetView } from '../../src/tui/hooks/fleet-feed.js';
import type { SteerRollout } from '../../src/tui/hooks/use-steering.js';
import { keyTable } from '../../src/tui/keys.js';
import { type FakeTerminal, renderAt } from './support/fake-terminal.js';
import { nowMs, runningFacts, viewOf } from './support/sample-view.js';

const now = () => nowMs;
let terminal: FakeTerminal | undefined;

afterEach(() => terminal?.instance.unmount());

function feedOf(first: FleetView) {
  let view = first;
  const listeners = new Set<() => void>();
  const feed: FleetFeed = {
    view: () => view,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => undefined,
  };
  const show = (next: FleetView) => {
    view = next;
    for (const listener of listeners) listener();
  };
  return { feed, show };
}

function open(first = viewOf(runningFacts({ state: 'injecting', batchesDone: 20 })), steer?: SteerRollout) {
  const { feed, show } = feedOf(first);
  terminal = renderAt(<Console feed={feed} target="redis" steer={steer} now={now} />, 80, 24);
  return { terminal, show };
}

describe('the console', () => {
  it('shows help made from the key table, and leaves it by escape', async () => {
    const { terminal } = open();
    terminal.press('?');
    await vi.waitFor(() => expect(terminal.frame()).toContain('Help'));
    for (const binding of keyTable) expect(terminal.frame()).toContain(binding.meaning);
    terminal.press('\u001b');
    await vi.waitFor(() => expect(terminal.frame()).toContain('20/116'));
  });

  it('does not say that there are no agents before it knows', () => {
    const { terminal } = open(viewOf(undefined));
    expect(terminal.frame()).toContain('Asking Redis what runs here');
    expect(terminal.frame()).not.toContain('no agents');
  });

  it('follows the feed', async () => {
    const { terminal, show } = open();
    expect(terminal.frame()).toContain('20/116');
    show(viewOf(runningFacts({ state: 'injecting', batchesDone: 68 })));
    await vi.waitFor(() => expect(terminal.frame()).toContain('68/116'));
  });

  it('holds still while frozen and catches up afterwards', async () => {
    const { terminal, show } = open();
    terminal.press('f');
    await vi.waitFor(() => expect(terminal.frame()).toContain('frozen at'));
    show(viewOf(runningFacts({ state: 'injecting', batchesDone: 68 })));
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(terminal.frame()).toContain('20/116');
    terminal.press('f');
    await vi.waitFor(() => expect(terminal.frame()).toContain('68/116'));
  });

  it('fills the new size after a resize', async () => {
    const { terminal } = open();
    terminal.resize(120, 40);
    await vi.waitFor(() => expect(terminal.frame().split('\n')).toHaveLength(39));
    terminal.resize(20, 5);
    await vi.waitFor(() => expect(terminal.frame().split('\n').length).toBeLessThanOrEqual(4));
  });

  it('ends by q', async () => {
    const { terminal } = open();
    const ended = terminal.instance.waitUntilExit();
    terminal.press('q');
    await ended;
  });
});

describe('steering from the console', () => {
  const running = (state: RolloutRecord['state'] = 'injecting') =>
    viewOf(runningFacts({ state, batchesDone: 20 }));
  const id = running().facts?.rollout?.id ?? '';

  /** Every wish is granted at once. */
  function opened(state?: RolloutRecord['state']) {
    const wishes: [string, string][] = [];
    const steer: SteerRollout = async (action, rollout) => {
      wishes.push([action, rollout]);
      if (action === 'resume')
        throw new DreamnetError({ code: 'DN516', kind: 'bad-input', message: 'Nobody.' });
      const counts = { pending: 0, staged: 0, live: 5, failed: 0, skipped: 0, rolled_back: 7 };
      return {
        id,
        action,
        state: 'paused',
        changed: true,
        reason: null,
        doneBy: 'x',
        ms: 1,
        counts,
        silent: 0,
      };
    };
    const { terminal } = open(running(state), steer);
    const press = async (...keys: readonly string[]) => {
      // Ink reads one press at a time.
      for (const key of keys) {
        terminal.press(key);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const shows = (text: string) => vi.waitFor(() => expect(terminal.frame()).toContain(text));
    return { wishes, press, shows, terminal };
  }

  it('p pauses at once and says what came of it; the next key takes the words away', async () => {
    const { wishes, press, shows, terminal } = opened();
    await shows('p pause');
    await press('p');
    await shows('Paused: nothing more is sent');
    expect(wishes).toEqual([['pause', id]]);
    await press('f');
    await vi.waitFor(() => expect(terminal.frame()).not.toContain('Paused: nothing more'));
  });

  it('p resumes a paused rollout, and a refusal is shown with its code', async () => {
    const { wishes, press, shows } = opened('paused');
    await shows('p resume');
    await press('p');
    await shows('DN516 Nobody.');
    expect(wishes).toEqual([['resume', id]]);
  });

  it('R wants the word typed; the letters of it are no keys', async () => {
    const { wishes, press, shows, terminal } = opened();
    await press('R');
    await shows(`Roll back ${id}? type rollback (esc: no):`);
    await press('r', 'o', 'l', 'l', 'q', '?');
    await shows('rollq_');
    expect(wishes).toEqual([]);
    await press('\u007f', 'b', 'a', 'c', 'k');
    await shows('rollback_');
    await press('\r');
    await shows('Rolled back: 7 agents returned');
    expect(wishes).toEqual([['rollback', id]]);
    expect(terminal.frame()).toContain('Operation');
  });

  it('takes the word and its enter as one input, as a slow line brings them', async () => {
    const { wishes, press, shows } = opened();
    await press('R', 'rollback\r');
    await shows('Rolled back: 7 agents returned');
    expect(wishes).toEqual([['rollback', id]]);
  });

  it('another word does nothing, and escape leaves', async () => {
    const { wishes, press, shows, terminal } = opened();
    await press('A', 'a', 'b', '\r');
    await shows('Not done: "ab" is not abort.');
    await press('A');
    await shows(`Abort ${id}?`);
    await press('\u001b');
    await vi.waitFor(() => expect(terminal.frame()).not.toContain(`Abort ${id}?`));
    expect(wishes).toEqual([]);
  });

  it('offers nothing that makes no sense, and says so when it is pressed', async () => {
    const { wishes, press, shows, terminal } = opened('complete');
    expect(terminal.frame()).not.toContain('p pause');
    expect(terminal.frame()).toContain('R roll back');
    await press('p');
    await shows('Nothing to pause: the rollout is complete.');
    expect(wishes).toEqual([]);
  });

  it('without the means to steer it is read-only', async () => {
    const { terminal } = open();
    expect(terminal.frame()).toContain('read-only');
    terminal.press('R');
    terminal.press('?');
    await vi.waitFor(() => expect(terminal.frame()).toContain('Help'));
    expect(terminal.frame()).not.toContain('type rollback');
  });
});
