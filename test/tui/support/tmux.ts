/** A real terminal for tests: a shell in a tmux server of its own. */
import { execFileSync, spawnSync } from 'node:child_process';

export interface Tmux {
  /** What is on the screen, with colour sequences when asked. */
  screen(how?: 'plain' | 'coloured'): string;
  type(text: string): void;
  press(key: string): void;
  resize(columns: number, rows: number): void;
  /** The value of a tmux format such as `#{alternate_on}`. */
  value(format: string): string;
  stop(): void;
}

export const hasTmux = spawnSync('tmux', ['-V']).status === 0;

let started = 0;

export function startTmux(name: string, columns: number, rows: number): Tmux {
  // A server that is going down still answers to its name for a moment.
  const server = `dreamnet-${name}-${process.pid}-${started++}`;
  const tmux = (...words: string[]) =>
    execFileSync('tmux', ['-L', server, '-f', '/dev/null', ...words], { encoding: 'utf8' });
  const size = (to: { columns: number; rows: number }) => ['-x', String(to.columns), '-y', String(to.rows)];
  tmux('-u', 'new-session', '-d', ...size({ columns, rows }), 'env PS1="ready> " sh');
  return {
    screen: (how = 'plain') => tmux('capture-pane', '-p', ...(how === 'coloured' ? ['-e'] : [])),
    type: (text) => void tmux('send-keys', '-l', text),
    press: (key) => void tmux('send-keys', key),
    resize: (newColumns, newRows) =>
      void tmux('resize-window', ...size({ columns: newColumns, rows: newRows })),
    value: (format) => tmux('display-message', '-p', format).trim(),
    stop: () => void spawnSync('tmux', ['-L', server, 'kill-server']),
  };
}
