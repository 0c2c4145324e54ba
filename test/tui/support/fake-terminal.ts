/** An Ink tree on a terminal of a given size, without a terminal: frames out, keys and resizes in. */
import { EventEmitter } from 'node:events';
import { type Instance, render } from 'ink';
import type { ReactNode } from 'react';

export interface FakeTerminal {
  /** The last whole frame, without colours. */
  frame(): string;
  press(keys: string): void;
  resize(columns: number, rows: number): void;
  readonly instance: Instance;
}

export function renderAt(tree: ReactNode, columns: number, rows: number): FakeTerminal {
  const stdout = new FakeStdout(columns, rows);
  const stdin = new FakeStdin();
  const instance = render(tree, {
    stdout: stdout as unknown as NodeJS.WriteStream,
    stdin: stdin as unknown as NodeJS.ReadStream,
    debug: true,
    exitOnCtrlC: false,
    patchConsole: false,
    interactive: true,
  });
  return {
    frame: () => stdout.last.replaceAll(colours, ''),
    press: (keys) => stdin.press(keys),
    resize: (newColumns, newRows) => stdout.resize(newColumns, newRows),
    instance,
  };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: a colour sequence begins with the escape character.
const colours = /\u001b\[[0-9;]*m/gu;

class FakeStdout extends EventEmitter {
  readonly isTTY = true;
  readonly writable = true;
  columns: number;
  rows: number;
  last = '';

  constructor(columns: number, rows: number) {
    super();
    this.columns = columns;
    this.rows = rows;
  }

  write(frame: string, done?: () => void): boolean {
    if (frame.trim() !== '') this.last = frame;
    done?.();
    return true;
  }

  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    this.emit('resize');
  }
}

class FakeStdin extends EventEmitter {
  readonly isTTY = true;
  #waiting: string | null = null;

  press(keys: string): void {
    this.#waiting = keys;
    this.emit('readable');
  }

  read(): string | null {
    const keys = this.#waiting;
    this.#waiting = null;
    return keys;
  }

  setEncoding(): void {}
  setRawMode(): void {}
  ref(): void {}
  unref(): void {}
  resume(): void {}
  pause(): void {}
}
