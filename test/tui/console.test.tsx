import { afterEach, describe, expect, it, vi } from 'vitest';
import { Console } from '../../src/tui/Console.js';
import type { FleetFeed, FleetView } from '../../src/tui/hooks/fleet-feed.js';
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

function open(first = viewOf(runningFacts({ state: 'injecting', batchesDone: 20 }))) {
  const { feed, show } = feedOf(first);
  terminal = renderAt(<Console feed={feed} target="redis" readonly={false} now={now} />, 80, 24);
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
