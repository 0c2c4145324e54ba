/** A real terminal for tests: a shell in a tmux server of its own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

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

export function startTmux(columns: number, rows: number): Tmux {
  const directory = mkdtempSync(path.join(tmpdir(), 'dreamnet-tmux-'));
  const socket = path.join(directory, 'socket');
  const tmux = (...words: string[]) =>
    execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...words], { encoding: 'utf8' });
  const size = (to: { columns: number; rows: number }) => ['-x', String(to.columns), '-y', String(to.rows)];
  tmux('-u', 'new-session', '-d', ...size({ columns, rows }), 'env PS1="ready> " sh');
  return {
    screen: (how = 'plain') => tmux('capture-pane', '-p', ...(how === 'coloured' ? ['-e'] : [])),
    type: (text) => void tmux('send-keys', '-l', text),
    press: (key) => void tmux('send-keys', key),
    resize: (newColumns, newRows) =>
      void tmux('resize-window', ...size({ columns: newColumns, rows: newRows })),
    value: (format) => tmux('display-message', '-p', format).trim(),
    stop: () => {
      spawnSync('tmux', ['-S', socket, 'kill-server']);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
